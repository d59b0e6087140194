// From a pre-shared key to record keys: RFC 5246 5 (PRF, here always with SHA-256), 6.3 and 8.1; RFC 4279 2;
// RFC 5489 2 (ECDHE_PSK); RFC 7627 4 (extended master secret).

import { concat, toUtf8 } from "../../base/bytes.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { MAC_LENGTH } from "../../crypto/hmac.ts";

/** RFC 5246 8.1. */
export const MASTER_SECRET_LENGTH = 48;
const VERIFY_DATA_LENGTH = 12;

const MASTER_SECRET = toUtf8("master secret");
const EXTENDED_MASTER_SECRET = toUtf8("extended master secret");
const KEY_EXPANSION = toUtf8("key expansion");
const FINISHED = { client: toUtf8("client finished"), server: toUtf8("server finished") };

/** RFC 5246 5: PRF(secret, label, seed) with P_SHA256, cut to `length` bytes. */
export function prf(
  crypto: CryptoProvider,
  secret: Uint8Array,
  label: Uint8Array,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const output = new Uint8Array(length);
  const mac = crypto.hmacSha256(secret);
  let a = mac.put(label).put(seed).digest();
  for (let offset = 0; offset < length; offset += MAC_LENGTH) {
    mac
      .putDigest(a)
      .put(label)
      .put(seed)
      .digestInto(output, offset, Math.min(MAC_LENGTH, length - offset));
    if (offset + MAC_LENGTH < length) a = mac.putDigest(a).digest();
  }
  mac.release();
  return output;
}

/**
 * RFC 4279 2 and RFC 5489 2: two vectors of two-byte length. For plain PSK `otherSecret` is as many zeros as the key has
 * bytes; for ECDHE_PSK it is the shared secret of the key agreement.
 */
export function premasterSecret(psk: Uint8Array, otherSecret: Uint8Array = new Uint8Array(psk.length)): Uint8Array {
  return concat(uint16(otherSecret.length), otherSecret, uint16(psk.length), psk);
}

/** RFC 5246 8.1. */
export function masterSecret(
  crypto: CryptoProvider,
  premaster: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): Uint8Array {
  return prf(crypto, premaster, MASTER_SECRET, concat(clientRandom, serverRandom), MASTER_SECRET_LENGTH);
}

/** RFC 7627 4: `sessionHash` covers the handshake up to and including the ClientKeyExchange. */
export function extendedMasterSecret(
  crypto: CryptoProvider,
  premaster: Uint8Array,
  sessionHash: Uint8Array,
): Uint8Array {
  return prf(crypto, premaster, EXTENDED_MASTER_SECRET, sessionHash, MASTER_SECRET_LENGTH);
}

/** RFC 5246 6.3. */
export function keyBlock(
  crypto: CryptoProvider,
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
  length: number,
): Uint8Array {
  return prf(crypto, master, KEY_EXPANSION, concat(serverRandom, clientRandom), length);
}

/** RFC 5246 7.4.9: the 12 bytes of a Finished over `handshakeHash`, the hash of all messages before it. */
export function verifyData(
  crypto: CryptoProvider,
  master: Uint8Array,
  sender: "client" | "server",
  handshakeHash: Uint8Array,
): Uint8Array {
  return prf(crypto, master, FINISHED[sender], handshakeHash, VERIFY_DATA_LENGTH);
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}
