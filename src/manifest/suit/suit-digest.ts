// draft-ietf-suit-manifest-37 8.4.8.6: SUIT_Digest, an algorithm's number and the bytes.

import { bytesOfLatin1, latin1Of } from "../../base/bytes.ts";
import type { CborValue } from "../../cbor/cbor-value.ts";
import { encodeCbor } from "../../cbor/encode-cbor.ts";
import type { FieldReader } from "../../cbor/field-reader.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";

export interface SuitDigest {
  /** Of IANA's registry of COSE algorithms; -16 is SHA-256. */
  readonly algorithm: number;
  readonly bytes: Uint8Array;
}

export const SHA_256 = -16;

/** Length by algorithm: SHA-256, SHAKE128, SHA-384, SHA-512, SHAKE256. */
const LENGTHS: ReadonlyMap<number, number> = new Map([
  [SHA_256, 32],
  [-18, 32],
  [-43, 48],
  [-44, 64],
  [-45, 64],
]);

export const DIGEST_LENGTH_MAX = 64;

/** The digest in `value`, which stands as `what` in what `fields` read. */
export function readDigest(fields: FieldReader, what: string, value: CborValue): SuitDigest {
  const parts = fields.arrayWithin(what, value, { min: 2, max: 2 });
  const digest = { algorithm: parts.integer(0), bytes: parts.bytes(1, { max: DIGEST_LENGTH_MAX }) };
  const length = LENGTHS.get(digest.algorithm);
  if (parts.fault === undefined && length === undefined) parts.reject(0, `the unknown algorithm ${digest.algorithm}`);
  if (parts.fault === undefined && length !== digest.bytes.length) parts.reject(1, `${digest.bytes.length} bytes`);
  return digest;
}

export function digestValue({ algorithm, bytes }: SuitDigest): CborValue {
  return [algorithm, bytes];
}

/** Whether `bytes` have this digest; undefined where nobody here can tell: SHA-256 is all that a provider brings. */
export function hasDigest(crypto: CryptoProvider, bytes: Uint8Array, digest: SuitDigest): boolean | undefined {
  return digest.algorithm === SHA_256 ? crypto.sha256(bytes) === latin1Of(digest.bytes) : undefined;
}

export function sha256Digest(crypto: CryptoProvider, bytes: Uint8Array): SuitDigest {
  return { algorithm: SHA_256, bytes: bytesOfLatin1(crypto.sha256(bytes)) };
}

/** The digest of what stands in a byte string: its header is covered too (8.3, 8.4.12). */
export function digestOfWrapped(crypto: CryptoProvider, content: Uint8Array): SuitDigest {
  return sha256Digest(crypto, encodeCbor(content));
}
