// draft-ietf-suit-firmware-encryption-26 6 and 7: a release is encrypted once under a key of its own; that key is wrapped
// for each class or device that may read it.

import { concat, EMPTY, equal, toUtf8 } from "../base/bytes.ts";
import { type RandomSource, randomBytes } from "../base/random-source.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { unwrapKey, wrapKey } from "../crypto/aes-key-wrap.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { hkdfSha256 } from "../crypto/hkdf.ts";
import {
  A128KW,
  CONTENT_KEY_LENGTH,
  type ContentAlgorithm,
  type EncryptionInfo,
  protectedAgreementHeader,
  protectedContentHeader,
  type Recipient,
  type WrappedUnderAgreement,
} from "./cose-encrypt.ts";

/** For whom a key is wrapped. */
export type RecipientKey =
  | { readonly kind: "a128kw"; readonly kid?: Uint8Array; readonly secret: Uint8Array }
  /** An uncompressed point of P-256, 65 bytes. */
  | { readonly kind: "ecdhEs"; readonly kid?: Uint8Array; readonly publicKey: Uint8Array };

/** What a device opens a key with. */
export type OwnKey =
  | { readonly kind: "a128kw"; readonly kid?: Uint8Array; readonly secret: Uint8Array }
  /** 32 bytes, a scalar of P-256. */
  | { readonly kind: "ecdhEs"; readonly kid?: Uint8Array; readonly privateKey: Uint8Array };

export interface EncryptedPayload {
  readonly info: EncryptionInfo;
  readonly ciphertext: Uint8Array;
}

export type ContentKeyFault = "noKeyForThisDevice" | "keyWrong";
export type DecryptionFault = ContentKeyFault | "ciphertextWrong";

const P256_KEY_LENGTH = 32;
const GCM_NONCE_LENGTH = 12;
const COUNTER_LENGTH = 4;
const CTR_IV_LENGTH = 16;
const BITS = 8;
const PROTOCOL = toUtf8("SUIT Payload Encryption");

/**
 * Encrypts under a fresh key. GCM's ciphertext has its tag of 16 bytes behind it; CTR's has none, and the digest of the
 * plaintext in the manifest is all that vouches for it. Throws where a recipient's public key is no point of P-256.
 */
export function encryptPayload(
  crypto: CryptoProvider,
  random: RandomSource,
  plaintext: Uint8Array,
  recipients: readonly RecipientKey[],
  algorithm: ContentAlgorithm,
): EncryptedPayload {
  const contentKey = randomBytes(random, CONTENT_KEY_LENGTH);
  const iv = freshIv(random, algorithm);
  const ciphertext =
    algorithm === "a128gcm"
      ? crypto.payload.sealGcm(contentKey, iv, encStructure(algorithm), plaintext)
      : crypto.payload.ctr(contentKey, iv, plaintext);
  const wrapped = recipients.map((recipient) => wrapFor(crypto, random, contentKey, recipient));
  contentKey.fill(0);
  return { info: { algorithm, iv, recipients: wrapped }, ciphertext };
}

function freshIv(random: RandomSource, algorithm: ContentAlgorithm): Uint8Array {
  if (algorithm === "a128gcm") return randomBytes(random, GCM_NONCE_LENGTH);
  // Some devices count 32 bits alone: from zero on they hold an image of 64 GiB.
  return concat(randomBytes(random, CTR_IV_LENGTH - COUNTER_LENGTH), new Uint8Array(COUNTER_LENGTH));
}

/** RFC 9052 5.3: GCM's additional data. */
export function encStructure(algorithm: ContentAlgorithm): Uint8Array {
  return encodeCbor(["Encrypt", protectedContentHeader(algorithm), EMPTY]);
}

function wrapFor(
  crypto: CryptoProvider,
  random: RandomSource,
  contentKey: Uint8Array,
  recipient: RecipientKey,
): Recipient {
  const named = recipient.kid === undefined ? {} : { kid: recipient.kid };
  if (recipient.kind === "a128kw") {
    return { kind: "a128kw", ...named, wrappedKey: wrapKey(crypto, recipient.secret, contentKey) };
  }
  const privateKey = freshScalar(random);
  const ephemeral = crypto.secp256r1(privateKey);
  privateKey.fill(0);
  const secret = ephemeral.agree(recipient.publicKey);
  if (secret === undefined) throw new RangeError("a recipient's public key is no point of P-256");
  const wrapping = wrappingKey(crypto, secret);
  const wrappedKey = wrapKey(crypto, wrapping, contentKey);
  wrapping.fill(0);
  return { kind: "ecdhEs", ephemeralKey: ephemeral.publicKey, ...named, wrappedKey };
}

/** One 32-byte string in 2^32 is not below the group's order; the next one is. */
function freshScalar(random: RandomSource): Uint8Array {
  for (;;) {
    const bytes = randomBytes(random, P256_KEY_LENGTH);
    if (bytes.subarray(0, 4).some((byte) => byte !== 0xff)) return bytes;
  }
}

/** RFC 9053 5.2 and 6.4: HKDF over what both agreed on, which is overwritten. */
function wrappingKey(crypto: CryptoProvider, secret: Uint8Array): Uint8Array {
  const nobody = [null, null, null];
  const supplied = [BITS * CONTENT_KEY_LENGTH, protectedAgreementHeader(), PROTOCOL];
  const key = hkdfSha256(crypto, secret, encodeCbor([A128KW, nobody, nobody, supplied]), CONTENT_KEY_LENGTH);
  secret.fill(0);
  return key;
}

/** The image, for a device with this key. */
export function decryptPayload(
  crypto: CryptoProvider,
  { info, ciphertext }: EncryptedPayload,
  own: OwnKey,
): Result<Uint8Array, DecryptionFault> {
  const contentKey = openContentKey(crypto, info.recipients, own);
  if (!contentKey.ok) return contentKey;
  const { algorithm, iv } = info;
  const plaintext =
    algorithm === "a128gcm"
      ? crypto.payload.openGcm(contentKey.value, iv, encStructure(algorithm), ciphertext)
      : crypto.payload.ctr(contentKey.value, iv, ciphertext);
  contentKey.value.fill(0);
  return plaintext === undefined ? failed("ciphertextWrong") : ok(plaintext);
}

/**
 * The key that the payload was encrypted under, the caller's to overwrite. Recipients that name a key are passed over unless it
 * is this one; of the rest the first that opens counts.
 */
export function openContentKey(
  crypto: CryptoProvider,
  recipients: readonly Recipient[],
  own: OwnKey,
): Result<Uint8Array, ContentKeyFault> {
  let fault: ContentKeyFault = "noKeyForThisDevice";
  for (const recipient of recipients) {
    if (recipient.kind !== own.kind || !mayBeFor(recipient, own)) continue;
    const contentKey = unwrapFor(crypto, recipient, own);
    if (contentKey !== undefined) return ok(contentKey);
    fault = "keyWrong";
  }
  return failed(fault);
}

function mayBeFor({ kid }: Recipient, own: OwnKey): boolean {
  return kid === undefined || own.kid === undefined || equal(kid, own.kid);
}

function unwrapFor(crypto: CryptoProvider, recipient: Recipient, own: OwnKey): Uint8Array | undefined {
  if (own.kind === "a128kw") return unwrapKey(crypto, own.secret, recipient.wrappedKey);
  const { ephemeralKey, wrappedKey } = recipient as WrappedUnderAgreement;
  const secret = crypto.secp256r1(own.privateKey).agree(ephemeralKey);
  if (secret === undefined) return undefined;
  const wrapping = wrappingKey(crypto, secret);
  const contentKey = unwrapKey(crypto, wrapping, wrappedKey);
  wrapping.fill(0);
  return contentKey;
}
