// A bundle: one file with all that a release brings, from the machine where the maker's key is to the server. Nothing of it is
// believed for being in it: whoever admits one verifies it.
//
//    "narrowboat bundle 1\n" | length of the head, 4 | head, a map in deterministic CBOR | image | notes | bill of materials
//
// What stands behind the head is as long as the head says, and there is nothing behind that.

import { concat, equal, toUtf8 } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { CBOR_LENGTH_MAX, type CborFault } from "../cbor/cbor-value.ts";
import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { FieldReader } from "../cbor/field-reader.ts";
import { IMAGE_LENGTH_MAX } from "../firmware/image-length.ts";
import { present } from "./field-key.ts";

/** Bytes of notes, and of a bill of materials. */
export const DOCUMENT_LENGTH_MAX = 4 * 1024 * 1024;

/** Of an envelope, a manifest, a root: each has a tighter bound of its own. */
const PART_LENGTH_MAX = 16 * 1024;
const RELEASE_RECORD_LENGTH_MAX = 128;

const MAGIC = toUtf8("narrowboat bundle 1\n");
const LENGTH_LENGTH = 4;

/** Bytes that say how long the head is, and whether the file is a bundle at all. */
export const BUNDLE_PREFIX_LENGTH = MAGIC.length + LENGTH_LENGTH;

const Key = {
  MANIFEST: 1,
  SUIT: 2,
  RIOT: 3,
  WAY_BACK: 4,
  WAY_BACK_SUIT: 5,
  TRUST_ROOT: 6,
  RECORD: 7,
  IMAGE_LENGTH: 8,
  NOTES_LENGTH: 9,
  SBOM_LENGTH: 10,
} as const;

/** All of a bundle that stands before its image. */
export interface BundleHead {
  /** COSE_Sign1. */
  readonly manifest: Uint8Array;
  /** SUIT envelopes. */
  readonly suit?: Uint8Array | undefined;
  readonly riot?: Uint8Array | undefined;
  /** COSE_Sign1. */
  readonly wayBack?: Uint8Array | undefined;
  readonly wayBackSuit?: Uint8Array | undefined;
  /** COSE_Sign1. */
  readonly trustRoot?: Uint8Array | undefined;
  readonly record?: Uint8Array | undefined;
  /** Bytes behind the head. */
  readonly imageLength: number;
  readonly notesLength?: number | undefined;
  readonly sbomLength?: number | undefined;
}

/** What stands before the image. */
export function encodeBundleHead(head: BundleHead): Uint8Array {
  const encoded = encodeCbor(
    present([
      [Key.MANIFEST, head.manifest],
      [Key.SUIT, head.suit],
      [Key.RIOT, head.riot],
      [Key.WAY_BACK, head.wayBack],
      [Key.WAY_BACK_SUIT, head.wayBackSuit],
      [Key.TRUST_ROOT, head.trustRoot],
      [Key.RECORD, head.record],
      [Key.IMAGE_LENGTH, head.imageLength],
      [Key.NOTES_LENGTH, head.notesLength],
      [Key.SBOM_LENGTH, head.sbomLength],
    ]),
  );
  const length = new Uint8Array(LENGTH_LENGTH);
  new DataView(length.buffer).setUint32(0, encoded.length);
  return concat(MAGIC, length, encoded);
}

/** The bytes of a head by the prefix of its file; undefined for what is no bundle. */
export function bundleHeadLength(prefix: Uint8Array): number | undefined {
  if (prefix.length < BUNDLE_PREFIX_LENGTH || !equal(prefix.subarray(0, MAGIC.length), MAGIC)) return undefined;
  return new DataView(prefix.buffer, prefix.byteOffset).getUint32(MAGIC.length);
}

/** `bytes` are a file's prefix and head; `fileLength` is what all of the file has. */
export function decodeBundleHead(bytes: Uint8Array, fileLength: number): Result<BundleHead, CborFault> {
  const length = bundleHeadLength(bytes);
  if (length === undefined) return failed({ reason: "no bundle", offset: 0 });
  if (length > CBOR_LENGTH_MAX || BUNDLE_PREFIX_LENGTH + length > bytes.length) {
    return failed({ reason: "the head is cut off", offset: MAGIC.length });
  }
  const decoded = decodeCbor(bytes.subarray(BUNDLE_PREFIX_LENGTH, BUNDLE_PREFIX_LENGTH + length));
  if (!decoded.ok) return decoded;
  const fields = FieldReader.ofMap("head", decoded.value);
  const part = (key: number) => fields.optionalBytes(key, { min: 1, max: PART_LENGTH_MAX });
  const document = (key: number) => fields.optionalUnsigned(key, { max: DOCUMENT_LENGTH_MAX });
  if (fields.has(Key.WAY_BACK_SUIT) && !fields.has(Key.WAY_BACK)) {
    fields.reject(Key.WAY_BACK_SUIT, "an envelope of a way back that is not there");
  }
  const head = fields.finishKnown({
    manifest: fields.bytes(Key.MANIFEST, { min: 1, max: PART_LENGTH_MAX }),
    suit: part(Key.SUIT),
    riot: part(Key.RIOT),
    wayBack: part(Key.WAY_BACK),
    wayBackSuit: part(Key.WAY_BACK_SUIT),
    trustRoot: part(Key.TRUST_ROOT),
    record: fields.optionalBytes(Key.RECORD, { min: 1, max: RELEASE_RECORD_LENGTH_MAX }),
    imageLength: fields.unsigned(Key.IMAGE_LENGTH, { min: 1, max: IMAGE_LENGTH_MAX }),
    notesLength: document(Key.NOTES_LENGTH),
    sbomLength: document(Key.SBOM_LENGTH),
  });
  if (!head.ok) return head;
  const { imageLength, notesLength = 0, sbomLength = 0 } = head.value;
  const end = BUNDLE_PREFIX_LENGTH + length + imageLength + notesLength + sbomLength;
  if (end === fileLength) return ok(head.value);
  return failed({
    reason: `the file has ${fileLength} bytes, and its head says ${end}`,
    offset: Math.min(end, fileLength),
  });
}
