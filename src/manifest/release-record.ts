// What a maker says of a release beside its manifest: what kind of change it is, and the digests of its notes and of its bill
// of materials. The manifest holds the record's SHA-256, so that the one signature covers all of it.

import type { Result } from "../base/result.ts";
import type { CborFault } from "../cbor/cbor-value.ts";
import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { FieldReader } from "../cbor/field-reader.ts";
import { present, SHA256_LENGTH } from "./field-key.ts";

/** What an update changes: its number is its place. */
export const RELEASE_KINDS = ["functional", "security"] as const;
export type ReleaseKind = (typeof RELEASE_KINDS)[number];

export interface ReleaseRecord {
  readonly kind?: ReleaseKind | undefined;
  /** SHA-256. */
  readonly notes?: Uint8Array | undefined;
  /** SHA-256. */
  readonly sbom?: Uint8Array | undefined;
}

const Key = { KIND: 1, NOTES: 2, SBOM: 3 } as const;

export function encodeReleaseRecord({ kind, notes, sbom }: ReleaseRecord): Uint8Array {
  return encodeCbor(
    present([
      [Key.KIND, kind && RELEASE_KINDS.indexOf(kind)],
      [Key.NOTES, notes],
      [Key.SBOM, sbom],
    ]),
  );
}

export function decodeReleaseRecord(bytes: Uint8Array): Result<ReleaseRecord, CborFault> {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return decoded;
  const fields = FieldReader.ofMap("release record", decoded.value);
  const kind = fields.optionalUnsigned(Key.KIND, { max: RELEASE_KINDS.length - 1 });
  const digest = { min: SHA256_LENGTH, max: SHA256_LENGTH };
  const notes = fields.optionalBytes(Key.NOTES, digest);
  const sbom = fields.optionalBytes(Key.SBOM, digest);
  return fields.finishKnown({ ...(kind !== undefined && { kind: RELEASE_KINDS[kind]! }), notes, sbom });
}
