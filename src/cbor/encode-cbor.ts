// RFC 8949 4.2.1: one value has one encoding, so that a digest or a signature over it means the value.

import { encode } from "cborg";
import { assert } from "../base/assert.ts";
import { type CborValue, Tagged } from "./cbor-value.ts";

/** Deterministic: shortest lengths and numbers, map keys in the order of their encoded bytes. */
export function encodeCbor(value: CborValue): Uint8Array {
  return encode(inOrder(value), { mapSorter: asGiven });
}

/** The library sorts by whole keys only where they are no arrays, and the texts of a SUIT manifest have such keys. */
function inOrder(value: CborValue): CborValue {
  if (value instanceof Map) return sorted(value);
  if (Array.isArray(value)) return value.map(inOrder);
  return value instanceof Tagged ? new Tagged(value.tag, inOrder(value.value)) : value;
}

function sorted(map: ReadonlyMap<CborValue, CborValue>): CborValue {
  const entries = [...map].map(([key, value]) => ({ key, value: inOrder(value), bytes: encodeCbor(key) }));
  entries.sort((a, b) => compareBytes(a.bytes, b.bytes));
  for (let i = 1; i < entries.length; i++) {
    assert(compareBytes(entries[i - 1]!.bytes, entries[i]!.bytes) < 0, "a map has each key once");
  }
  return new Map(entries.map(({ key, value }) => [key, value]));
}

function asGiven(): number {
  return 0;
}

/** Below zero, zero or above it, by the first byte that differs, and then by length. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
