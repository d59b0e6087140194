// RFC 9052 5.1 and draft-ietf-suit-firmware-encryption-26: how an image was encrypted, once for a release, and for whom its
// key is wrapped. The ciphertext is elsewhere, so blocks are the same for all and may be cached.

import { failed, type Result } from "../base/result.ts";
import { type CborFault, type CborMap, type CborValue, Tagged } from "../cbor/cbor-value.ts";
import { decodeForeignCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { FieldReader } from "../cbor/field-reader.ts";
import { KEY_WRAP_OVERHEAD } from "../crypto/aes-key-wrap.ts";
import { coordinatesOf, pointOf } from "./cose-point.ts";

/** RFC 9053 4.1, and RFC 9459 4 for what authenticates nothing. */
export type ContentAlgorithm = "a128gcm" | "a128ctr";

export interface EncryptionInfo {
  readonly algorithm: ContentAlgorithm;
  /** GCM's nonce of 12 bytes, or CTR's first counter block of 16. */
  readonly iv: Uint8Array;
  readonly recipients: readonly Recipient[];
}

export type Recipient = WrappedUnderSecret | WrappedUnderAgreement;

/** RFC 9053 6.2.1, A128KW: under a secret that a class or a device shares with the maker. */
export interface WrappedUnderSecret {
  readonly kind: "a128kw";
  readonly kid?: Uint8Array;
  readonly wrappedKey: Uint8Array;
}

/** RFC 9053 6.4.1, ECDH-ES+A128KW: under what a fresh key of P-256 and the recipient's agree on. */
export interface WrappedUnderAgreement {
  readonly kind: "ecdhEs";
  /** The fresh public key, an uncompressed point of 65 bytes. */
  readonly ephemeralKey: Uint8Array;
  readonly kid?: Uint8Array;
  readonly wrappedKey: Uint8Array;
}

/** AES-128. */
export const CONTENT_KEY_LENGTH = 16;

export const RECIPIENTS_MAX = 8;
const ENCRYPT_TAG = 96;

const Label = { ALGORITHM: 1, KEY_ID: 4, IV: 5, EPHEMERAL_KEY: -1 } as const;

const ALGORITHMS: Readonly<Record<ContentAlgorithm, { readonly number: number; readonly ivLength: number }>> = {
  a128gcm: { number: 1, ivLength: 12 },
  a128ctr: { number: -65534, ivLength: 16 },
};

export const A128KW = -3;
export const ECDH_ES_A128KW = -29;

const EMPTY_HEADER: Uint8Array = Uint8Array.of();
const HEADER_MAX = 16;
const WRAPPED = { min: CONTENT_KEY_LENGTH + KEY_WRAP_OVERHEAD, max: CONTENT_KEY_LENGTH + KEY_WRAP_OVERHEAD };
const KEY_ID = { min: 1, max: 32 };

export function decodeEncryptionInfo(bytes: Uint8Array): Result<EncryptionInfo, CborFault> {
  const decoded = decodeForeignCbor(bytes);
  if (!decoded.ok) return decoded;
  const { value } = decoded;
  if (!(value instanceof Tagged) || value.tag !== ENCRYPT_TAG) return failed({ reason: "no COSE_Encrypt: no tag 96" });
  const parts = FieldReader.ofArray("COSE_Encrypt", value.value, { min: 4, max: 4 });
  const headers = readHeaders(parts, [Label.IV]);
  const algorithm = headers.algorithm === ALGORITHMS.a128gcm.number ? "a128gcm" : "a128ctr";
  const { number, ivLength } = ALGORITHMS[algorithm];
  if (headers.algorithm !== number) parts.reject(0, `the unknown algorithm ${headers.algorithm}`);
  // RFC 9459 4: a cipher that authenticates nothing protects no header; GCM's algorithm has to be protected.
  if (headers.isProtected !== (algorithm === "a128gcm")) parts.reject(0, "its algorithm in the wrong header");
  const iv = headers.unprotected.bytes(Label.IV, { min: ivLength, max: ivLength });
  if (parts.any(2) !== null) parts.reject(2, "a ciphertext of its own");
  const list = parts.array(3, { min: 1, max: RECIPIENTS_MAX });
  return parts.finish({ algorithm, iv, recipients: list.map((recipient) => readRecipient(parts, recipient)) });
}

interface Headers {
  readonly algorithm: number;
  readonly isProtected: boolean;
  readonly unprotected: FieldReader;
}

/** The algorithm, from whichever header has it, and the unprotected header, which may have these labels beside it. */
function readHeaders(parts: FieldReader, labels: readonly number[]): Headers {
  const bytes = parts.bytes(0, { max: HEADER_MAX });
  const unprotected = parts.mapWithin("unprotected header", parts.map(1, { max: 4 }));
  const isProtected = bytes.length > 0;
  for (const label of unprotected.keys()) {
    const isKnown = labels.some((known) => known === label) || (label === Label.ALGORITHM && !isProtected);
    if (!isKnown) unprotected.reject(String(label), "an unknown header");
  }
  if (!isProtected) return { algorithm: unprotected.integer(Label.ALGORITHM), isProtected, unprotected };
  const inside = parts.mapWithin("protected header", parts.embedded(0, { max: HEADER_MAX }));
  if (inside.size > 1) inside.reject(Label.ALGORITHM, "more than an algorithm");
  return { algorithm: inside.integer(Label.ALGORITHM), isProtected, unprotected };
}

function readRecipient(info: FieldReader, value: CborValue): Recipient {
  const parts = info.arrayWithin("recipient", value, { min: 3, max: 3 });
  const headers = readHeaders(parts, [Label.KEY_ID, Label.EPHEMERAL_KEY]);
  const kid = headers.unprotected.optionalBytes(Label.KEY_ID, KEY_ID);
  const wrappedKey = parts.bytes(2, WRAPPED);
  const named = kid === undefined ? {} : { kid };
  if (headers.algorithm === ECDH_ES_A128KW) {
    if (!headers.isProtected) parts.reject(0, "its algorithm in the wrong header");
    const key = headers.unprotected.map(Label.EPHEMERAL_KEY, { min: 4, max: 4 });
    const ephemeralKey = pointOf(headers.unprotected.mapWithin("ephemeral key", key));
    return { kind: "ecdhEs", ephemeralKey, ...named, wrappedKey };
  }
  if (headers.algorithm !== A128KW) parts.reject(0, `the unknown algorithm ${headers.algorithm}`);
  // RFC 9053 6.2.1: key wrap protects no header.
  if (headers.isProtected) parts.reject(0, "its algorithm in the wrong header");
  if (headers.unprotected.has(Label.EPHEMERAL_KEY)) parts.reject(1, "an ephemeral key");
  return { kind: "a128kw", ...named, wrappedKey };
}

export function encodeEncryptionInfo({ algorithm, iv, recipients }: EncryptionInfo): Uint8Array {
  const { number } = ALGORITHMS[algorithm];
  const isProtected = algorithm === "a128gcm";
  const unprotected = new Map<number, CborValue>([[Label.IV, iv]]);
  if (!isProtected) unprotected.set(Label.ALGORITHM, number);
  const header = protectedContentHeader(algorithm);
  return encodeCbor(new Tagged(ENCRYPT_TAG, [header, unprotected, null, recipients.map(recipientValue)]));
}

/** What the content's AEAD covers of its headers. */
export function protectedContentHeader(algorithm: ContentAlgorithm): Uint8Array {
  return algorithm === "a128gcm" ? headerOf(ALGORITHMS.a128gcm.number) : EMPTY_HEADER;
}

/** What the derivation of a key from an agreement covers. */
export function protectedAgreementHeader(): Uint8Array {
  return headerOf(ECDH_ES_A128KW);
}

function headerOf(algorithm: number): Uint8Array {
  return encodeCbor(new Map([[Label.ALGORITHM, algorithm]]));
}

function recipientValue(recipient: Recipient): CborValue {
  const { kid, wrappedKey } = recipient;
  const named: readonly (readonly [number, CborValue])[] = kid === undefined ? [] : [[Label.KEY_ID, kid]];
  if (recipient.kind === "a128kw") {
    return [EMPTY_HEADER, new Map<number, CborValue>([[Label.ALGORITHM, A128KW], ...named]), wrappedKey];
  }
  const key: CborMap = coordinatesOf(recipient.ephemeralKey);
  return [protectedAgreementHeader(), new Map<number, CborValue>([[Label.EPHEMERAL_KEY, key], ...named]), wrappedKey];
}
