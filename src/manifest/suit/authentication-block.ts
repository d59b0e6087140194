// draft-ietf-suit-manifest-37 8.3: a signature or MAC by others' tools over the digest of a manifest, which is not in it
// (RFC 9052's detached payload). COSE_Sign1 and COSE_Mac0 are read; blocks for several signers at once are not.

import { type CborMap, type CborValue, Tagged } from "../../cbor/cbor-value.ts";
import type { FieldReader } from "../../cbor/field-reader.ts";

export interface AuthenticationBlock {
  readonly kind: "sign1" | "mac0";
  /** As in IANA's registry. */
  readonly algorithm: number;
  /** In the bytes of the block: what is signed is these bytes. */
  readonly protectedHeader: Uint8Array;
  readonly unprotectedHeader: CborMap;
  /** From either of them. */
  readonly kid?: Uint8Array;
  /** The signature, or the MAC's tag. */
  readonly proof: Uint8Array;
}

/** RFC 9052 table 1. */
const TAGS = { sign1: 18, mac0: 17 } as const;

const ALGORITHM_LABEL = 1;
const KEY_ID_LABEL = 4;
const HEADER_LENGTH_MAX = 64;
const KEY_ID_LENGTH_MAX = 32;
const BLOCK_PROOF_LENGTH_MAX = 256;

export function readAuthenticationBlock(fields: FieldReader, value: CborValue): AuthenticationBlock {
  const tagged = value instanceof Tagged ? value : new Tagged(0, undefined);
  const kind = tagged.tag === TAGS.mac0 ? "mac0" : "sign1";
  const parts = fields.arrayWithin("authentication block", tagged.value, { min: 4, max: 4 });
  if (tagged.tag !== TAGS[kind]) parts.reject("tag", "neither COSE_Sign1 nor COSE_Mac0");
  const protectedHeader = parts.bytes(0, { max: HEADER_LENGTH_MAX });
  const inside = parts.mapWithin("protected header", parts.embedded(0, { min: 1, max: HEADER_LENGTH_MAX }));
  const unprotectedHeader = parts.map(1, { max: 1 });
  const outside = parts.mapWithin("unprotected header", unprotectedHeader);
  const algorithm = inside.integer(ALGORITHM_LABEL);
  for (const key of [...inside.keys(), ...outside.keys()]) {
    // RFC 9052 3.1: above all "critical" lists what one has to understand.
    if (key !== ALGORITHM_LABEL && key !== KEY_ID_LABEL) parts.reject(String(key), "an unknown header");
  }
  const kid = (inside.has(KEY_ID_LABEL) ? inside : outside).optionalBytes(KEY_ID_LABEL, { max: KEY_ID_LENGTH_MAX });
  if (parts.any(2) !== null) parts.reject(2, "a payload of its own");
  const proof = parts.bytes(3, { min: 1, max: BLOCK_PROOF_LENGTH_MAX });
  return { kind, algorithm, protectedHeader, unprotectedHeader, ...(kid === undefined ? {} : { kid }), proof };
}

export function authenticationBlockValue(block: AuthenticationBlock): CborValue {
  const { kind, protectedHeader, unprotectedHeader, proof } = block;
  return new Tagged(TAGS[kind], [protectedHeader, unprotectedHeader, null, proof]);
}
