// The integer keys of our own formats, in one table, so that a number is not given twice where two formats meet. From 1 to 5
// they are Golioth's.

import type { CborMap, CborValue } from "../cbor/cbor-value.ts";

export const FieldKey = {
  SEQUENCE_NUMBER: 1,
  VERSION: 2,
  /** In a manifest; in a check-in the SHA-256 of what runs. */
  COMPONENTS: 3,
  RUNNING_SHA256: 3,
  LIFETIME: 16,
  NONCE: 17,
  NOT_AFTER: 23,
  CLASS: 24,
  FOR_RUNNING: 25,
  SECURITY_COUNTER: 26,
  ENCRYPTION: 27,
  /** In a ticket; in a manifest what is transferred. */
  ISSUED: 28,
  TRANSFERRED: 28,
  RECORD: 29,
  MANIFEST_DIGEST: 30,
  COME_AGAIN: 31,
  PRODUCT: 32,
  SLOT: 33,
  MANIFEST_WANTED: 34,
  DEVICE: 35,
  LOG: 36,
  REPORT_ID: 37,
  STATE: 38,
  RESULT: 39,
  REASON: 40,
  FIGURES: 41,
  TRUSTED_KEYS: 42,
  SERVERS: 43,
  CELL: 44,
  CONSENT: 45,
  DOWNLOADED: 46,
  WITNESSES_NEEDED: 47,
} as const;

/** Within a component, and within what is transferred of it. */
export const ComponentKey = { PRODUCT: 1, VERSION: 2, SHA256: 3, SIZE: 4, PATH: 5 } as const;

export const SHA256_LENGTH = 32;

/** A map of the fields that are there. */
export function present(fields: readonly (readonly [number, CborValue])[]): CborMap {
  return new Map(fields.filter(([, value]) => value !== undefined));
}
