// An entry of the registry: that something was decided, when, and the digest of the record that says what. The record lies
// in the store; an entry names no device, and tells nobody more than it must.

import { assert } from "../base/assert.ts";
import { bytesOfLatin1, concat } from "../base/bytes.ts";
import { failed, type Result } from "../base/result.ts";
import type { CborFault, CborValue } from "../cbor/cbor-value.ts";
import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { FieldReader } from "../cbor/field-reader.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { PSEUDONYM_LENGTH } from "./pseudonym.ts";
import { HASH_LENGTH } from "./tree-hash.ts";

/** What is decided, and what its record is. */
export const EntryKind = {
  /** A manifest as its maker signed it: it is what a class shall run from now on. */
  RELEASE: 1,
  /** A manifest that leads back, as its maker signed it; it lies sealed. */
  WAY_BACK_SEALED: 2,
  /** The same manifest once more: devices are offered it from now on. */
  WAY_BACK_OPENED: 3,
  /** A key that the server believes: its role, its product, the key. */
  KEY_ADDED: 4,
  /** The same of a key that it believes no more. */
  KEY_REVOKED: 5,
  /** A trust root as its maker signed it. */
  TRUST_ROOT: 6,
  /** What became of roll-outs and devices: the fleet's records of one commit, in their order. */
  FLEET: 7,
  /** A user or a token that may do something, or may no longer. */
  ACCESS: 8,
} as const;

export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

const KINDS: ReadonlySet<number> = new Set(Object.values(EntryKind));

export interface LogEntry {
  readonly kind: EntryKind;
  /** Unix time in seconds. */
  readonly time: number;
  /** SHA-256 of the record; of several, see recordsDigest(). */
  readonly digest: Uint8Array;
  /** How many records, where it is more than one. */
  readonly count?: number;
  /** Of the device that it is about: see pseudonymOf(). */
  readonly device?: Uint8Array;
}

/** Bytes of an entry. */
export const ENTRY_LENGTH_MAX = 300;

const Key = { KIND: 0, TIME: 1, DIGEST: 2, COUNT: 3, DEVICE: 4 } as const;

export function encodeEntry({ kind, time, digest, count, device }: LogEntry): Uint8Array {
  assert(digest.length === HASH_LENGTH, "a digest is a SHA-256");
  const fields = new Map<number, CborValue>([
    [Key.KIND, kind],
    [Key.TIME, time],
    [Key.DIGEST, digest],
  ]);
  if (count !== undefined) fields.set(Key.COUNT, count);
  if (device !== undefined) fields.set(Key.DEVICE, device);
  const bytes = encodeCbor(fields);
  assert(bytes.length <= ENTRY_LENGTH_MAX, `an entry of ${bytes.length} bytes`);
  return bytes;
}

/** What is wrong with the bytes of an entry, in words. */
export function decodeEntry(bytes: Uint8Array): Result<LogEntry, CborFault> {
  if (bytes.length > ENTRY_LENGTH_MAX) return failed({ reason: `an entry of more than ${ENTRY_LENGTH_MAX} bytes` });
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return decoded;
  const fields = FieldReader.ofMap("entry", decoded.value);
  const kind = fields.unsigned(Key.KIND);
  const time = fields.unsigned(Key.TIME);
  const digest = fields.bytes(Key.DIGEST, { min: HASH_LENGTH, max: HASH_LENGTH });
  const count = fields.optionalUnsigned(Key.COUNT, { min: 2 });
  const device = fields.optionalBytes(Key.DEVICE, { min: PSEUDONYM_LENGTH, max: PSEUDONYM_LENGTH });
  if (!isKind(kind)) fields.reject(Key.KIND, "an unknown kind");
  return fields.finishKnown({
    kind: kind as EntryKind,
    time,
    digest,
    ...(count === undefined ? {} : { count }),
    ...(device === undefined ? {} : { device }),
  });
}

function isKind(kind: number): kind is EntryKind {
  return KINDS.has(kind);
}

/** Of one record its SHA-256; of several the SHA-256 of all of theirs one after the other. */
export function recordsDigest(crypto: CryptoProvider, records: readonly Uint8Array[]): Uint8Array {
  const digests = records.map((record) => bytesOfLatin1(crypto.sha256(record)));
  return digests.length === 1 ? digests[0]! : bytesOfLatin1(crypto.sha256(concat(...digests)));
}
