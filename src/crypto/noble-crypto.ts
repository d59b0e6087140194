// The provider out of @noble/* alone, which is JavaScript: for a device without Node.js, and without OpenSSL.

import { cbc } from "@noble/ciphers/aes.js";
import { equalBytes } from "@noble/ciphers/utils.js";
import { x25519 as curve25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { sha256 as hash } from "@noble/hashes/sha2.js";
import { latin1Of } from "../base/bytes.ts";
import type { CryptoProvider, KeyAgreement } from "./crypto-provider.ts";
import { secp256r1Agreement, x25519Agreement } from "./key-agreement.ts";
import { nobleAead } from "./noble-aead.ts";
import { type Primitives, providerOf } from "./primitives.ts";

const X_LENGTH = 32;

const NOBLE_PRIMITIVES: Primitives = {
  encryptCbc: (key, iv, plaintext) => cbc(key, iv, { disablePadding: true }).encrypt(plaintext),
  decryptCbc: (key, iv, ciphertext) => cbc(key, iv, { disablePadding: true }).decrypt(ciphertext),
  sha256: (bytes) => latin1Of(hash(bytes)),
  x25519,
  secp256r1,
  equalInConstantTime: equalBytes,
};

/** For one thread. */
export function nobleCrypto(): CryptoProvider {
  return providerOf(nobleAead(), NOBLE_PRIMITIVES);
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
