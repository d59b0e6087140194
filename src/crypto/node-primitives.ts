// What both providers take from Node's crypto as it is.

import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  timingSafeEqual,
} from "node:crypto";
import { concat, copyOf } from "../base/bytes.ts";
import type { KeyAgreement } from "./crypto-provider.ts";
import { secp256r1Agreement, x25519Agreement } from "./key-agreement.ts";
import { fromBase64Url, toBase64Url } from "./node-signatures.ts";
import { PAYLOAD_TAG_LENGTH, type PayloadSealing } from "./payload-cipher.ts";
import type { Primitives } from "./primitives.ts";

export const NODE_PRIMITIVES: Primitives = {
  encryptCbc,
  decryptCbc,
  payload: { sealGcm, gcmSealing, openGcm, ctr },
  sha256,
  sha256Each,
  x25519,
  secp256r1,
  equalInConstantTime: timingSafeEqual,
};

function encryptCbc(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return createCipheriv("aes-128-cbc", key, iv).setAutoPadding(false).update(plaintext);
}

function decryptCbc(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return createDecipheriv("aes-128-cbc", key, iv).setAutoPadding(false).update(ciphertext);
}

const GCM = "aes-128-gcm";

function sealGcm(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const sealing = gcmSealing(key, nonce, additional);
  return concat(sealing.seal(plaintext), sealing.finish());
}

function gcmSealing(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array): PayloadSealing {
  const cipher = createCipheriv(GCM, key, nonce).setAAD(additional);
  return {
    seal: (plaintext) => copyOf(cipher.update(plaintext)),
    finish() {
      cipher.final();
      return copyOf(cipher.getAuthTag());
    },
  };
}

function openGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const end = sealed.length - PAYLOAD_TAG_LENGTH;
  if (end < 0) return undefined;
  const opening = createDecipheriv(GCM, key, nonce, { authTagLength: PAYLOAD_TAG_LENGTH });
  opening.setAAD(additional).setAuthTag(sealed.subarray(end));
  const plaintext = opening.update(sealed.subarray(0, end));
  // Node reports a wrong tag by throwing.
  try {
    opening.final();
  } catch {
    return undefined;
  }
  return copyOf(plaintext);
}

function ctr(key: Uint8Array, counterBlock: Uint8Array, bytes: Uint8Array): Uint8Array {
  return copyOf(createCipheriv("aes-128-ctr", key, counterBlock).update(bytes));
}

function sha256(bytes: Uint8Array): string {
  return hash("sha256", bytes, "binary");
}

/** The characters are made bytes by one call for all of them: character by character takes a quarter of the hashing's time. */
function sha256Each(count: number, input: (index: number) => Uint8Array, target: Uint8Array, at: number): void {
  let hashes = "";
  for (let i = 0; i < count; i++) hashes += hash("sha256", input(i), "binary");
  Buffer.from(target.buffer, target.byteOffset, target.length).write(hashes, at, "latin1");
}

function x25519(key: Uint8Array): KeyAgreement {
  // RFC 8037 2. As JWK a key comes in and out in a tenth of the time that OpenSSL takes over DER; "x" is not looked at.
  const jwk = { kty: "OKP", crv: "X25519", d: toBase64Url(key), x: "" };
  const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
  const publicKey = fromBase64Url(createPublicKey(privateKey).export({ format: "jwk" }).x!);
  return x25519Agreement(publicKey, (peerPublicKey) => {
    const peer = { kty: "OKP", crv: "X25519", x: toBase64Url(peerPublicKey) };
    return diffieHellman({ privateKey, publicKey: createPublicKey({ key: peer, format: "jwk" }) });
  });
}

function secp256r1(privateKey: Uint8Array): KeyAgreement {
  const exchange = createECDH("prime256v1");
  exchange.setPrivateKey(privateKey);
  return secp256r1Agreement(copyOf(exchange.getPublicKey()), (peerPublicKey) => exchange.computeSecret(peerPublicKey));
}
