// RFC 9052 4.2: what makers and servers sign, in our one form of it. 18([<<{1: algorithm}>>, {4: key id}, payload,
// signature]), deterministic. The external_aad tells one kind of signed thing from another and is never sent: a ticket
// is no manifest, whoever signed it.

import { EMPTY, latin1Of, toHex, toUtf8 } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { Tagged } from "../cbor/cbor-value.ts";
import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { FieldReader } from "../cbor/field-reader.ts";
import {
  SIGNATURE_LENGTH,
  type SignatureAlgorithm,
  type SigningKey,
  type VerificationKey,
} from "../crypto/signature.ts";
import { coseAlgorithm, signatureAlgorithm } from "./cose-algorithm.ts";

/** RFC 9052 table 1. */
const SIGN1_TAG = 18;

/** RFC 9052 3.1. */
const ALGORITHM_LABEL = 1;
const KEY_ID_LABEL = 4;

/** Of a key's id, its first bytes: enough to find it. What counts is the signature. */
export const KID_LENGTH = 8;

/** The external_aad of each kind of thing that we sign. */
export const EXTERNAL_AAD = {
  manifest: toUtf8("narrowboat manifest"),
  ticket: toUtf8("narrowboat ticket"),
  trustRoot: toUtf8("narrowboat trust root"),
  delegation: toUtf8("narrowboat delegation"),
} as const;

export interface Sign1Fault {
  readonly reason: "malformed" | "algorithmUnknown" | "keyUnknown" | "signatureWrong";
  readonly detail: string;
}

export interface VerifiedSign1 {
  readonly payload: Uint8Array;
  readonly key: VerificationKey;
}

/** A COSE_Sign1 as it stands in its bytes, with nothing verified. */
export interface Sign1 {
  readonly algorithm: SignatureAlgorithm;
  readonly protectedHeader: Uint8Array;
  /** 8 bytes. */
  readonly kid: Uint8Array;
  readonly payload: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

export function signSign1(key: SigningKey, payload: Uint8Array, externalAad: Uint8Array): Uint8Array {
  return assembleSign1(key, payload, key.sign(toBeSigned(key.algorithm, payload, externalAad)));
}

/** The bytes that a signature is over: RFC 9052 4.4's Sig_structure, for a signer elsewhere. */
export function toBeSigned(algorithm: SignatureAlgorithm, payload: Uint8Array, externalAad: Uint8Array): Uint8Array {
  return sigStructure(protectedHeaderOf(algorithm), payload, externalAad);
}

/** RFC 9052 4.4. */
export function sigStructure(
  protectedHeader: Uint8Array,
  payload: Uint8Array,
  externalAad: Uint8Array = EMPTY,
): Uint8Array {
  return encodeCbor(["Signature1", protectedHeader, externalAad, payload]);
}

/** The whole, of a signature that was made elsewhere. */
export function assembleSign1(
  { algorithm, keyId }: Pick<VerificationKey, "algorithm" | "keyId">,
  payload: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  const unprotected = new Map([[KEY_ID_LABEL, kidOf(keyId)]]);
  return encodeCbor(new Tagged(SIGN1_TAG, [protectedHeaderOf(algorithm), unprotected, payload, signature]));
}

/** The first 8 bytes of a key's id. */
export function kidOf(keyId: Uint8Array): Uint8Array {
  return keyId.subarray(0, KID_LENGTH);
}

function protectedHeaderOf(algorithm: SignatureAlgorithm): Uint8Array {
  return encodeCbor(new Map([[ALGORITHM_LABEL, coseAlgorithm(algorithm)]]));
}

/** What `bytes` say, whoever signed them. */
export function decodeSign1(bytes: Uint8Array): Result<Sign1, Sign1Fault> {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return malformed(decoded.error.reason);
  const { value } = decoded;
  if (!(value instanceof Tagged) || value.tag !== SIGN1_TAG) return malformed("no COSE_Sign1");
  const fields = FieldReader.ofArray("COSE_Sign1", value.value, { min: 4, max: 4 });
  const protectedHeader = fields.bytes(0, { min: 1, max: PROTECTED_LENGTH_MAX });
  const unprotected = FieldReader.ofMap("unprotected header", fields.map(1, { min: 1, max: 1 }));
  const kid = unprotected.bytes(KEY_ID_LABEL, { min: KID_LENGTH, max: KID_LENGTH });
  const payload = fields.bytes(2, { max: Number.POSITIVE_INFINITY });
  const signature = fields.bytes(3, { min: SIGNATURE_LENGTH, max: SIGNATURE_LENGTH });
  const fault = fields.fault ?? unprotected.fault;
  if (fault !== undefined) return malformed(fault.reason);
  const algorithm = algorithmIn(protectedHeader);
  return algorithm.ok ? ok({ algorithm: algorithm.value, protectedHeader, kid, payload, signature }) : algorithm;
}

/** What holds {1: algorithm}, of any number. */
const PROTECTED_LENGTH_MAX = 16;

function algorithmIn(protectedHeader: Uint8Array): Result<SignatureAlgorithm, Sign1Fault> {
  const header = decodeCbor(protectedHeader);
  if (!header.ok) return malformed(`protected header: ${header.error.reason}`);
  const fields = FieldReader.ofMap("protected header", header.value);
  const number = fields.integer(ALGORITHM_LABEL);
  const read = fields.finishKnown(signatureAlgorithm(number));
  if (!read.ok) return malformed(read.error.reason);
  if (read.value !== undefined) return ok(read.value);
  return failed({ reason: "algorithmUnknown", detail: `algorithm ${number}, and Ed25519 and ES256 are known` });
}

function malformed(detail: string): { readonly ok: false; readonly error: Sign1Fault } {
  return failed({ reason: "malformed", detail });
}

/** `keys` gives those whose id begins with the 8 bytes; a key verifies what names its own algorithm, and nothing else. */
export function verifySign1(
  bytes: Uint8Array,
  keys: (kid: Uint8Array) => readonly VerificationKey[],
  externalAad: Uint8Array,
): Result<VerifiedSign1, Sign1Fault> {
  const decoded = decodeSign1(bytes);
  if (!decoded.ok) return decoded;
  const { algorithm, protectedHeader, kid, payload, signature } = decoded.value;
  const fitting = keys(kid).filter(
    (key) => key.algorithm === algorithm && latin1Of(kidOf(key.keyId)) === latin1Of(kid),
  );
  if (fitting.length === 0) {
    return failed({ reason: "keyUnknown", detail: `no key of ${algorithm} with the id ${toHex(kid)}` });
  }
  const message = sigStructure(protectedHeader, payload, externalAad);
  const key = fitting.find((candidate) => candidate.verify(message, signature));
  if (key !== undefined) return ok({ payload, key });
  return failed({ reason: "signatureWrong", detail: `not signed by the key ${toHex(kid)}` });
}
