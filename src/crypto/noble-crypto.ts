// The provider out of @noble/* alone, which is JavaScript: for a device without Node.js, and without OpenSSL.

import { cbc } from "@noble/ciphers/aes.js";
import { equalBytes } from "@noble/ciphers/utils.js";
import { x25519 as curve25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { sha256 as hash } from "@noble/hashes/sha2.js";
import { latin1Of } from "../base/bytes.ts";
import type { CryptoProvider, KeyAgreement } from "./crypto-provider.ts";
import { HmacPool } from "./hmac.ts";
import { nobleAead } from "./noble-aead.ts";
import { SavableSha256 } from "./savable-sha256.ts";

const KEY_LENGTH = 32;

// SEC 1 2.3.3: a byte for the form, then both coordinates.
const SECP256R1_POINT_LENGTH = 65;
const UNCOMPRESSED = 4;

export function nobleCrypto(): CryptoProvider {
  const macs = new HmacPool(sha256);
  return {
    aead: nobleAead(),
    encryptCbc: (key, iv, plaintext) => cbc(key, iv, { disablePadding: true }).encrypt(plaintext),
    decryptCbc: (key, iv, ciphertext) => cbc(key, iv, { disablePadding: true }).decrypt(ciphertext),
    sha256,
    sha256Stream: () => SavableSha256.begin(),
    resumeSha256: (state) => SavableSha256.resume(state),
    hmacSha256: (key) => macs.take(key),
    x25519,
    secp256r1,
    equalInConstantTime: equalBytes,
  };
}

function sha256(bytes: Uint8Array): string {
  return latin1Of(hash(bytes));
}

function x25519(key: Uint8Array): KeyAgreement {
  const privateKey = key.slice();
  return {
    publicKey: curve25519.getPublicKey(privateKey),
    agree(peerPublicKey) {
      if (peerPublicKey.length !== KEY_LENGTH) return undefined;
      return agreed(() => curve25519.getSharedSecret(privateKey, peerPublicKey));
    },
  };
}

function secp256r1(key: Uint8Array): KeyAgreement {
  const privateKey = key.slice();
  return {
    publicKey: p256.getPublicKey(privateKey, false),
    agree(peerPublicKey) {
      // RFC 8422 5.1.2: uncompressed points only. Its 5.10: the secret is the x-coordinate.
      if (peerPublicKey.length !== SECP256R1_POINT_LENGTH || peerPublicKey[0] !== UNCOMPRESSED) return undefined;
      return agreed(() => p256.getSharedSecret(privateKey, peerPublicKey, false).slice(1, 1 + KEY_LENGTH));
    },
  };
}

/** A point off the curve, or one of small order, is reported by throwing; the peer's bytes are to blame, not we. */
function agreed(agreement: () => Uint8Array): Uint8Array | undefined {
  try {
    return agreement();
  } catch {
    return undefined;
  }
}
