// From a pre-shared key to record keys: RFC 5246 5 (PRF, here always with SHA-256), 6.3 and 8.1; RFC 4279 2;
// RFC 5489 2 (ECDHE_PSK); RFC 7627 4 (extended master secret).

import { createHmac } from "node:crypto";
import { concat, toUtf8 } from "../base/bytes.ts";

const MASTER_SECRET_LENGTH = 48;
const VERIFY_DATA_LENGTH = 12;

/** RFC 5246 5: PRF(secret, label, seed) with P_SHA256, cut to `length` bytes. */
export function prf(secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array {
  const labelled = concat(toUtf8(label), seed);
  const output = new Uint8Array(length);
  let a: Uint8Array = hmacSha256(secret, labelled);
  for (let offset = 0; offset < length; offset += 32) {
    const block = createHmac("sha256", secret).update(a).update(labelled).digest();
    output.set(block.subarray(0, Math.min(32, length - offset)), offset);
    a = hmacSha256(secret, a);
  }
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
export function masterSecret(premaster: Uint8Array, clientRandom: Uint8Array, serverRandom: Uint8Array): Uint8Array {
  return prf(premaster, "master secret", concat(clientRandom, serverRandom), MASTER_SECRET_LENGTH);
}

/** RFC 7627 4: `sessionHash` covers the handshake up to and including the ClientKeyExchange. */
export function extendedMasterSecret(premaster: Uint8Array, sessionHash: Uint8Array): Uint8Array {
  return prf(premaster, "extended master secret", sessionHash, MASTER_SECRET_LENGTH);
}

/** RFC 5246 6.3. */
export function keyBlock(
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
  length: number,
): Uint8Array {
  return prf(master, "key expansion", concat(serverRandom, clientRandom), length);
}

/** RFC 5246 7.4.9: the 12 bytes of a Finished over `handshakeHash`, the hash of all messages before it. */
export function verifyData(master: Uint8Array, sender: "client" | "server", handshakeHash: Uint8Array): Uint8Array {
  return prf(master, `${sender} finished`, handshakeHash, VERIFY_DATA_LENGTH);
}

function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(message).digest();
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}
