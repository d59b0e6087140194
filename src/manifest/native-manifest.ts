// The native manifest: what a maker says of a release, signed once for all devices of a class. It is the payload of a
// COSE_Sign1, in deterministic CBOR; unknown keys are refused, for a device must not pass over a condition that it does not know.

import type { Result } from "../base/result.ts";
import type { CborFault, CborMap, CborValue } from "../cbor/cbor-value.ts";
import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { FieldReader } from "../cbor/field-reader.ts";
import { IMAGE_LENGTH_MAX } from "../firmware/image-length.ts";
import { ComponentKey, FieldKey, present, SHA256_LENGTH } from "./field-key.ts";
import { readClass, readImagePath, readProduct, readVersion } from "./names.ts";

/** Bytes of a signed native manifest: with its own header it fits one block of 1024. */
export const NATIVE_MANIFEST_LENGTH_MAX = 640;

/** Bytes of a COSE_Encrypt without its ciphertext: a key wrapped for a class or for some devices. */
export const ENCRYPTION_INFO_LENGTH_MAX = 400;

export const SECURITY_COUNTER_MAX = 2 ** 32 - 1;

/** How an image is encrypted on the way, and what is transferred then. */
export interface ImageEncryption {
  /** COSE_Encrypt whose ciphertext is detached. */
  readonly info: Uint8Array;
  /** Of the ciphertext. */
  readonly sha256: Uint8Array;
  /** Bytes of the ciphertext. */
  readonly size: number;
}

export interface NativeManifest {
  /** From 1 on, higher with each release of the product. */
  readonly sequenceNumber: number;
  readonly product: string;
  readonly version: string;
  /** Of the image as it is flashed. */
  readonly sha256: Uint8Array;
  /** Bytes of the image as it is flashed. */
  readonly size: number;
  /** Where the image is, `/fw/<product>/<version>`: encrypted, where `encryption` is there. */
  readonly path: string;
  /** Seconds since 1970; for ever when absent. */
  readonly notAfter?: number | undefined;
  /** Every device of the product when absent. */
  readonly class?: string | undefined;
  /** SHA-256 of the running image that it is for, which makes it a way back; any when absent. */
  readonly forRunning?: Uint8Array | undefined;
  /** The image's own counter, which a bootloader compares. */
  readonly securityCounter?: number | undefined;
  readonly encryption?: ImageEncryption | undefined;
  /** SHA-256 of what the maker says of the release beside it: kind, notes, SBOM. A device passes over it. */
  readonly record?: Uint8Array | undefined;
}

export function encodeNativeManifest(manifest: NativeManifest): Uint8Array {
  const { product, version, sha256, size, path, encryption } = manifest;
  const component: CborMap = new Map<CborValue, CborValue>([
    [ComponentKey.PRODUCT, product],
    [ComponentKey.VERSION, version],
    [ComponentKey.SHA256, sha256],
    [ComponentKey.SIZE, size],
    [ComponentKey.PATH, path],
  ]);
  const transferred: CborMap | undefined =
    encryption &&
    new Map<CborValue, CborValue>([
      [ComponentKey.SHA256, encryption.sha256],
      [ComponentKey.SIZE, encryption.size],
    ]);
  return encodeCbor(
    present([
      [FieldKey.SEQUENCE_NUMBER, manifest.sequenceNumber],
      [FieldKey.COMPONENTS, [component]],
      [FieldKey.NOT_AFTER, manifest.notAfter],
      [FieldKey.CLASS, manifest.class],
      [FieldKey.FOR_RUNNING, manifest.forRunning],
      [FieldKey.SECURITY_COUNTER, manifest.securityCounter],
      [FieldKey.ENCRYPTION, encryption?.info],
      [FieldKey.TRANSFERRED, transferred],
      [FieldKey.RECORD, manifest.record],
    ]),
  );
}

export function decodeNativeManifest(bytes: Uint8Array): Result<NativeManifest, CborFault> {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return decoded;
  const fields = FieldReader.ofMap("manifest", decoded.value);
  const sequenceNumber = fields.unsigned(FieldKey.SEQUENCE_NUMBER, { min: 1 });
  const components = fields.array(FieldKey.COMPONENTS, { min: 1, max: 1 });
  const notAfter = fields.optionalUnsigned(FieldKey.NOT_AFTER);
  const className = readClass(fields, FieldKey.CLASS);
  const forRunning = fields.optionalBytes(FieldKey.FOR_RUNNING, { min: SHA256_LENGTH, max: SHA256_LENGTH });
  const securityCounter = fields.optionalUnsigned(FieldKey.SECURITY_COUNTER, { max: SECURITY_COUNTER_MAX });
  const info = fields.optionalBytes(FieldKey.ENCRYPTION, { min: 1, max: ENCRYPTION_INFO_LENGTH_MAX });
  const record = fields.optionalBytes(FieldKey.RECORD, { min: SHA256_LENGTH, max: SHA256_LENGTH });
  const transferred = fields.optionalMap(FieldKey.TRANSFERRED, { max: 2 });
  if ((info === undefined) !== (transferred === undefined)) {
    fields.reject(FieldKey.TRANSFERRED, "an encryption without what is transferred, or the reverse,");
  }
  const known = fields.finishKnown(undefined);
  if (!known.ok) return known;
  const component = readComponent(components[0]!);
  if (!component.ok) return component;
  const conditions = { notAfter, class: className, forRunning, securityCounter, record };
  const manifest = { sequenceNumber, ...component.value, ...conditions };
  if (info === undefined || transferred === undefined) return { ok: true, value: manifest };
  const ciphertext = readTransferred(transferred);
  if (!ciphertext.ok) return ciphertext;
  return { ok: true, value: { ...manifest, encryption: { info, ...ciphertext.value } } };
}

type Component = Pick<NativeManifest, "path" | "product" | "sha256" | "size" | "version">;

function readComponent(value: CborValue): Result<Component, CborFault> {
  const fields = FieldReader.ofMap("component", value);
  const product = readProduct(fields, ComponentKey.PRODUCT);
  const version = readVersion(fields, ComponentKey.VERSION);
  if (version === undefined) fields.reject(ComponentKey.VERSION, "no version");
  const { sha256, size } = readContent(fields);
  const path = readImagePath(fields, ComponentKey.PATH);
  return fields.finishKnown({ product, version: version ?? "", sha256, size, path });
}

function readTransferred(value: CborValue): Result<{ sha256: Uint8Array; size: number }, CborFault> {
  const fields = FieldReader.ofMap("transferred", value);
  return fields.finishKnown(readContent(fields));
}

function readContent(fields: FieldReader): { sha256: Uint8Array; size: number } {
  const sha256 = fields.bytes(ComponentKey.SHA256, { min: SHA256_LENGTH, max: SHA256_LENGTH });
  const size = fields.unsigned(ComponentKey.SIZE, { min: 1, max: IMAGE_LENGTH_MAX });
  return { sha256, size };
}
