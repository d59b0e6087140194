// Signatures by Node's crypto. Keys go in as JWK, once for each key: that checks a point of P-256.

import { createECDH, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { copyOf } from "../base/bytes.ts";
import type { RawSigner, SignaturePrimitives } from "./signature.ts";

export const NODE_SIGNATURES: SignaturePrimitives = {
  verifier(algorithm, publicKey) {
    if (algorithm === "es256") {
      const key = createPublicKey({ key: p256Jwk(publicKey), format: "jwk" });
      return (message, signature) => verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature);
    }
    const jwk = { kty: "OKP", crv: "Ed25519", x: toBase64Url(publicKey) };
    const key = createPublicKey({ key: jwk, format: "jwk" });
    return (message, signature) => verify(null, message, key, signature);
  },
  signer: (algorithm, privateKey) => (algorithm === "es256" ? es256(privateKey) : ed25519(privateKey)),
};

function ed25519(seed: Uint8Array): RawSigner {
  // RFC 8037 2; "x" is not looked at.
  const jwk = { kty: "OKP", crv: "Ed25519", d: toBase64Url(seed), x: "" };
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  const publicKey = fromBase64Url(publicJwk(key).x!);
  return { publicKey, sign: (message) => copyOf(sign(null, message, key)) };
}

function es256(scalar: Uint8Array): RawSigner {
  const exchange = createECDH("prime256v1");
  exchange.setPrivateKey(scalar);
  const publicKey = copyOf(exchange.getPublicKey());
  const key = createPrivateKey({ key: { ...p256Jwk(publicKey), d: toBase64Url(scalar) }, format: "jwk" });
  return { publicKey, sign: (message) => copyOf(sign("sha256", message, { key, dsaEncoding: "ieee-p1363" })) };
}

/** RFC 7518 6.2. */
function p256Jwk(point: Uint8Array) {
  return { kty: "EC", crv: "P-256", x: toBase64Url(point.subarray(1, 33)), y: toBase64Url(point.subarray(33)) };
}

function publicJwk(key: KeyObject) {
  return createPublicKey(key).export({ format: "jwk" });
}

/** RFC 7515 2. */
export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

export function fromBase64Url(text: string): Uint8Array {
  return copyOf(Buffer.from(text, "base64url"));
}
