// A record as the store keeps it and the registry digests it: deterministic CBOR, fields by their names, and what is undefined is
// CBOR's undefined. So one record has one encoding, and what is read is what was decided, field by field.

import { assert } from "../base/assert.ts";
import type { CborValue } from "../cbor/cbor-value.ts";
import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import type { FleetRecord } from "../fleet/fleet-record.ts";

export function encodeFleetRecord(record: FleetRecord): Uint8Array {
  return encodeCbor(cborOf(record));
}

/** Of bytes that were checked against the registry, or that nobody but this program wrote. */
export function decodeFleetRecord(bytes: Uint8Array): FleetRecord {
  const decoded = decodeCbor(bytes);
  assert(decoded.ok, "a record is what this store wrote");
  return plainOf(decoded.value) as FleetRecord;
}

function cborOf(value: unknown): CborValue {
  if (Array.isArray(value)) return value.map(cborOf);
  if (typeof value !== "object" || value === null) return value as CborValue;
  return new Map(Object.entries(value).map(([name, part]) => [name, cborOf(part)]));
}

function plainOf(value: CborValue): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([name, part]) => [name, plainOf(part)]));
}
