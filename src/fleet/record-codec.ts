// Records as bytes: deterministic CBOR, so that the digest that stands in the registry is the record's. Fields go by their names,
// for a record is read again in ten years; what is undefined is CBOR's undefined, and not left out.

import { failed, ok, type Result } from "../base/result.ts";
import type { CborFault, CborValue } from "../cbor/cbor-value.ts";
import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import type { FleetRecord } from "./fleet-record.ts";

/** Bytes of an encoded record: the longest is that of a roll-out with all its phases, windows and its group's filter. */
export const FLEET_RECORD_LENGTH_MAX = 16 * 1_024;

/** What records are made of, once they are in a file. */
type Plain = number | string | boolean | null | undefined | readonly Plain[] | { readonly [key: string]: Plain };

export function encodeFleetRecord(record: FleetRecord): Uint8Array {
  return encodeCbor(cborOf(record as unknown as Plain));
}

/** Of what encodeFleetRecord wrote: whoever calls this has compared its digest with the registry's, or wrote it themselves. */
export function decodeFleetRecord(bytes: Uint8Array): Result<FleetRecord, CborFault> {
  if (bytes.length > FLEET_RECORD_LENGTH_MAX)
    return failed({ reason: `a record has at most ${FLEET_RECORD_LENGTH_MAX} bytes` });
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return decoded;
  const record = plainOf(decoded.value) as unknown as Partial<FleetRecord> | null;
  const isRecord = typeof record?.wall === "number" && typeof record.time === "number" && record.change !== undefined;
  return isRecord ? ok(record as FleetRecord) : failed({ reason: "no record of a fleet" });
}

function cborOf(value: Plain): CborValue {
  if (Array.isArray(value)) return value.map(cborOf);
  if (typeof value !== "object" || value === null) return value as CborValue;
  return new Map(Object.entries(value).map(([key, field]) => [key, cborOf(field)]));
}

function plainOf(value: CborValue): Plain {
  if (Array.isArray(value)) return value.map(plainOf);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, field]) => [String(key), plainOf(field)]));
  }
  return value as Plain;
}
