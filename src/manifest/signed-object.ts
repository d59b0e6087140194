// The kinds of things that are signed, each with its format: signed and encoded here, and opened only when its signature holds.

import { failed, ok, type Result } from "../base/result.ts";
import type { CborFault } from "../cbor/cbor-value.ts";
import type { SigningKey, VerificationKey } from "../crypto/signature.ts";
import { decodeSign1, EXTERNAL_AAD, signSign1, toBeSigned, verifySign1 } from "./cose-sign1.ts";
import { decodeNativeManifest, encodeNativeManifest, NATIVE_MANIFEST_LENGTH_MAX } from "./native-manifest.ts";
import { type Refusal, refusal } from "./reason.ts";
import { decodeTicket, encodeTicket, TICKET_LENGTH_MAX } from "./ticket.ts";
import { decodeTrustRoot, encodeTrustRoot, TRUST_ROOT_LENGTH_MAX } from "./trust-root.ts";

/** One kind of signed thing: what is signed, and how it is read. */
export interface SignedKind<Value> {
  readonly externalAad: Uint8Array;
  /** Bytes of the whole COSE_Sign1. */
  readonly lengthMax: number;
  encode(value: Value): Uint8Array;
  decode(payload: Uint8Array): Result<Value, CborFault>;
}

export const SIGNED_MANIFEST = {
  externalAad: EXTERNAL_AAD.manifest,
  lengthMax: NATIVE_MANIFEST_LENGTH_MAX,
  encode: encodeNativeManifest,
  decode: decodeNativeManifest,
};

export const SIGNED_TICKET = {
  externalAad: EXTERNAL_AAD.ticket,
  lengthMax: TICKET_LENGTH_MAX,
  encode: encodeTicket,
  decode: decodeTicket,
};

export const SIGNED_TRUST_ROOT = {
  externalAad: EXTERNAL_AAD.trustRoot,
  lengthMax: TRUST_ROOT_LENGTH_MAX,
  encode: encodeTrustRoot,
  decode: decodeTrustRoot,
};

/** The keys that a key id of 8 bytes may mean: those that the caller believes in the role that is asked for. */
export type KeysNamed = (kid: Uint8Array) => readonly VerificationKey[];

export interface Opened<Value> {
  readonly value: Value;
  readonly key: VerificationKey;
}

/** A COSE_Sign1, tagged. */
export function sign<Value>(kind: SignedKind<Value>, key: SigningKey, value: Value): Uint8Array {
  return signSign1(key, kind.encode(value), kind.externalAad);
}

/** What a key that lies elsewhere has to sign. */
export function bytesToSign<Value>(
  kind: SignedKind<Value>,
  algorithm: SigningKey["algorithm"],
  value: Value,
): Uint8Array {
  return toBeSigned(algorithm, kind.encode(value), kind.externalAad);
}

/** The signature first, and only then what it covers: nothing is read that nobody signed. */
export function open<Value>(
  kind: SignedKind<Value>,
  bytes: Uint8Array,
  keys: KeysNamed,
): Result<Opened<Value>, Refusal> {
  if (bytes.length > kind.lengthMax) {
    return failed(refusal("malformed", `${bytes.length} bytes, and ${kind.lengthMax} are the most`));
  }
  const verified = verifySign1(bytes, keys, kind.externalAad);
  if (!verified.ok) {
    const { reason, detail } = verified.error;
    return failed(refusal(reason === "algorithmUnknown" ? "malformed" : reason, detail));
  }
  const { payload, key } = verified.value;
  const decoded = kind.decode(payload);
  return decoded.ok ? ok({ value: decoded.value, key }) : failed(refusal("malformed", decoded.error.reason));
}

/** What `bytes` say, whoever signed them: for who asks nothing but what to do next. */
export function readUnverified<Value>(kind: SignedKind<Value>, bytes: Uint8Array): Result<Value, Refusal> {
  const read = bytes.length > kind.lengthMax ? undefined : decodeSign1(bytes);
  if (read === undefined) return failed(refusal("malformed", `more than ${kind.lengthMax} bytes`));
  if (!read.ok) return failed(refusal("malformed", read.error.detail));
  const decoded = kind.decode(read.value.payload);
  return decoded.ok ? decoded : failed(refusal("malformed", decoded.error.reason));
}
