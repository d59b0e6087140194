// Bytes of others as values, or the reason why they are none. Decision of ours: what we wrote is deterministic or refused
// (RFC 8949 4.2.1); what others' tools wrote is well-formed, bounded and without a key that comes twice.

import { type DecodeOptions, decode } from "cborg";
import { latin1Of } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { BoundedTokenizer } from "./bounded-tokenizer.ts";
import { CBOR_LENGTH_MAX, type CborFault, type CborValue, Tagged } from "./cbor-value.ts";
import { compareBytes, encodeCbor } from "./encode-cbor.ts";

/**
 * COSE_Encrypt0, Mac0, Sign1, Encrypt, Mac and Sign (RFC 9052 table 1); the SUIT manifest draft's envelope and manifest;
 * a vendor's number of RFC 9371 (RFC 9090 3). Any other tag is refused.
 */
const TAGS = [16, 17, 18, 96, 97, 98, 107, 1070, 112] as const;

const FOREIGN: DecodeOptions = {
  allowBigInt: true,
  useMaps: true,
  rejectDuplicateMapKeys: true,
  retainStringBytes: true,
  tags: Object.fromEntries(TAGS.map((tag) => [tag, (content: () => unknown) => new Tagged(tag, content())])),
};

const OURS: DecodeOptions = { ...FOREIGN, strict: true, allowIndefinite: false };

/** Deterministic or refused: what this accepts, encodeCbor() writes the same again. */
export function decodeCbor(bytes: Uint8Array): Result<CborValue, CborFault> {
  const decoded = decodeBounded(bytes, OURS);
  if (!decoded.ok) return decoded;
  const again = encodeCbor(decoded.value);
  // The library's strict mode lets unsorted keys and long floats pass.
  if (compareBytes(again, bytes) === 0) return decoded;
  return failed({ reason: "not in its deterministic encoding", offset: firstDifference(again, bytes) });
}

/**
 * Well-formed, whatever the order of its keys and the length of its numbers. Strings of indefinite length, tags that
 * nobody here reads and simple values beyond undefined are refused.
 */
export function decodeForeignCbor(bytes: Uint8Array): Result<CborValue, CborFault> {
  return decodeBounded(bytes, FOREIGN);
}

function decodeBounded(bytes: Uint8Array, options: DecodeOptions): Result<CborValue, CborFault> {
  if (bytes.length > CBOR_LENGTH_MAX) {
    return failed({ reason: `${bytes.length} bytes, and ${CBOR_LENGTH_MAX} are the most` });
  }
  const tokenizer = new BoundedTokenizer(plainViewOf(bytes), options);
  try {
    const value = decode(bytes, { ...options, tokenizer }) as CborValue;
    return hasRepeatedKey(value) ? failed({ reason: "a map has a key twice" }) : ok(value);
  } catch (error) {
    // The library tells by throwing that bytes are not as they should be.
    return failed({ reason: reasonOf(error), offset: Math.min(tokenizer.pos(), bytes.length) });
  }
}

/** A Buffer's slice() shares memory, and what is decoded has to outlive the datagram. */
function plainViewOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

const LIBRARYS_PREFIX = /^CBOR decode error: /;

function reasonOf(error: unknown): string {
  return (error as Error).message.replace(LIBRARYS_PREFIX, "");
}

/** The library compares keys as a Map does: two byte strings, or two arrays, are never the same to it. */
function hasRepeatedKey(value: CborValue): boolean {
  if (value instanceof Tagged) return hasRepeatedKey(value.value);
  if (Array.isArray(value)) return value.some(hasRepeatedKey);
  if (!(value instanceof Map)) return false;
  const keys = [...value.keys()].filter((key) => typeof key === "object" && key !== null).map(encodedKey);
  return new Set(keys).size < keys.length || [...value].some((entry) => entry.some(hasRepeatedKey));
}

function encodedKey(key: CborValue): string {
  return latin1Of(encodeCbor(key));
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}
