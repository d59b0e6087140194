// The provider out of @noble/* alone, which is JavaScript: for a device without Node.js, and without OpenSSL.

import { cbc, ctr, gcm } from "@noble/ciphers/aes.js";
import { equalBytes } from "@noble/ciphers/utils.js";
import { x25519 as curve25519, ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { sha256 as hash } from "@noble/hashes/sha2.js";
import { latin1Of, put } from "../base/bytes.ts";
import type { CryptoProvider, KeyAgreement } from "./crypto-provider.ts";
import { secp256r1Agreement, x25519Agreement } from "./key-agreement.ts";
import { nobleAead } from "./noble-aead.ts";
import { NobleGcmSealing } from "./noble-gcm-sealing.ts";
import { type Primitives, providerOf } from "./primitives.ts";
import type { SignaturePrimitives } from "./signature.ts";

const X_LENGTH = 32;
const HASH_LENGTH = 32;

const NOBLE_PRIMITIVES: Primitives = {
  encryptCbc: (key, iv, plaintext) => cbc(key, iv, { disablePadding: true }).encrypt(plaintext),
  decryptCbc: (key, iv, ciphertext) => cbc(key, iv, { disablePadding: true }).decrypt(ciphertext),
  payload: {
    sealGcm: (key, nonce, additional, plaintext) => gcm(key, nonce, additional).encrypt(plaintext),
    gcmSealing: (key, nonce, additional) => new NobleGcmSealing(key, nonce, additional),
    openGcm,
    ctr: (key, counterBlock, bytes) => ctr(key, counterBlock).encrypt(bytes),
  },
  sha256: (bytes) => latin1Of(hash(bytes)),
  sha256Each,
  x25519,
  secp256r1,
  equalInConstantTime: equalBytes,
};

const NOBLE_SIGNATURES: SignaturePrimitives = {
  verifier(algorithm, publicKey) {
    if (algorithm === "es256") {
      p256.Point.fromBytes(publicKey).assertValidity();
      return (message, signature) => p256.verify(signature, message, publicKey, { lowS: false });
    }
    // RFC 8032 5.1.7, and not what blockchains agreed on.
    return (message, signature) => ed25519.verify(signature, message, publicKey, { zip215: false });
  },
  signer(algorithm, key) {
    const privateKey = key.slice();
    if (algorithm === "es256") {
      const sign = (message: Uint8Array) => p256.sign(message, privateKey, { lowS: false });
      return { publicKey: p256.getPublicKey(privateKey, false), sign };
    }
    return { publicKey: ed25519.getPublicKey(privateKey), sign: (message) => ed25519.sign(message, privateKey) };
  },
};

/** For one thread. */
export function nobleCrypto(): CryptoProvider {
  return providerOf(nobleAead(), NOBLE_PRIMITIVES, NOBLE_SIGNATURES);
}

function sha256Each(count: number, input: (index: number) => Uint8Array, target: Uint8Array, at: number): void {
  for (let i = 0, end = at; i < count; i++, end += HASH_LENGTH) put(target, end, hash(input(i)));
}

function openGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  // noble reports what does not authenticate, and what is too short to, by throwing.
  try {
    return gcm(key, nonce, additional).decrypt(sealed);
  } catch {
    return undefined;
  }
}

function x25519(key: Uint8Array): KeyAgreement {
  const privateKey = key.slice();
  return x25519Agreement(curve25519.getPublicKey(privateKey), (peer) => curve25519.getSharedSecret(privateKey, peer));
}

function secp256r1(key: Uint8Array): KeyAgreement {
  const privateKey = key.slice();
  // RFC 8422 5.10: the secret is the x-coordinate.
  return secp256r1Agreement(p256.getPublicKey(privateKey, false), (peer) =>
    p256.getSharedSecret(privateKey, peer, false).slice(1, 1 + X_LENGTH),
  );
}
