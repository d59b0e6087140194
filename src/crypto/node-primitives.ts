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
import { copyOf } from "../base/bytes.ts";
import type { Aead } from "./aead.ts";
import type { CryptoProvider, KeyAgreement } from "./crypto-provider.ts";
import { HmacPool } from "./hmac.ts";
import { SavableSha256 } from "./savable-sha256.ts";

const KEY_LENGTH = 32;

// SEC 1 2.3.3: a byte for the form, then both coordinates.
const SECP256R1_POINT_LENGTH = 65;
const UNCOMPRESSED = 4;

/** A provider of these around an AEAD. */
export function providerAround(aead: Aead): CryptoProvider {
  const macs = new HmacPool(sha256);
  return {
    aead,
    encryptCbc,
    decryptCbc,
    sha256,
    sha256Stream: () => SavableSha256.begin(),
    resumeSha256: (state) => SavableSha256.resume(state),
    hmacSha256: (key) => macs.take(key),
    x25519,
    secp256r1,
    equalInConstantTime: timingSafeEqual,
  };
}

function encryptCbc(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return createCipheriv("aes-128-cbc", key, iv).setAutoPadding(false).update(plaintext);
}

function decryptCbc(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return createDecipheriv("aes-128-cbc", key, iv).setAutoPadding(false).update(ciphertext);
}

function sha256(bytes: Uint8Array): string {
  return hash("sha256", bytes, "binary");
}

function x25519(key: Uint8Array): KeyAgreement {
  // RFC 8037 2. As JWK a key comes in and out in a tenth of the time that OpenSSL takes over DER; "x" is not looked at.
  const jwk = { kty: "OKP", crv: "X25519", d: toBase64Url(key), x: "" };
  const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
  return {
    publicKey: copyOf(Buffer.from(createPublicKey(privateKey).export({ format: "jwk" }).x!, "base64url")),
    agree(peerPublicKey) {
      if (peerPublicKey.length !== KEY_LENGTH) return undefined;
      const peer = { kty: "OKP", crv: "X25519", x: toBase64Url(peerPublicKey) };
      return agreed(() => diffieHellman({ privateKey, publicKey: createPublicKey({ key: peer, format: "jwk" }) }));
    },
  };
}

function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

function secp256r1(privateKey: Uint8Array): KeyAgreement {
  const exchange = createECDH("prime256v1");
  exchange.setPrivateKey(privateKey);
  return {
    publicKey: copyOf(exchange.getPublicKey()),
    agree(peerPublicKey) {
      // RFC 8422 5.1.2: uncompressed points only.
      if (peerPublicKey.length !== SECP256R1_POINT_LENGTH || peerPublicKey[0] !== UNCOMPRESSED) return undefined;
      return agreed(() => exchange.computeSecret(peerPublicKey));
    },
  };
}

/** Node reports a point off the curve, or one of small order, by throwing; the peer's bytes are to blame, not we. */
function agreed(agreement: () => Uint8Array): Uint8Array | undefined {
  try {
    return agreement();
  } catch {
    return undefined;
  }
}
