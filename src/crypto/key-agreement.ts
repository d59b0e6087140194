// What a peer's public key has to be, whichever library agrees on a secret with it.

import type { KeyAgreement } from "./crypto-provider.ts";

const X25519_KEY_LENGTH = 32;

// SEC 1 2.3.3: a byte for the form, then both coordinates.
const SECP256R1_POINT_LENGTH = 65;
const UNCOMPRESSED = 4;

/** Throws where the peer's key is no point that may be used: one off the curve, or one of small order. */
type SecretWith = (peerPublicKey: Uint8Array) => Uint8Array;

/** RFC 7748 6.1. */
export function x25519Agreement(publicKey: Uint8Array, secretWith: SecretWith): KeyAgreement {
  return agreement(publicKey, secretWith, (peer) => peer.length === X25519_KEY_LENGTH);
}

/** RFC 8422 5.1.2: uncompressed points only. */
export function secp256r1Agreement(publicKey: Uint8Array, secretWith: SecretWith): KeyAgreement {
  const isPoint = (peer: Uint8Array) => peer.length === SECP256R1_POINT_LENGTH && peer[0] === UNCOMPRESSED;
  return agreement(publicKey, secretWith, isPoint);
}

function agreement(
  publicKey: Uint8Array,
  secretWith: SecretWith,
  hasForm: (peerPublicKey: Uint8Array) => boolean,
): KeyAgreement {
  return {
    publicKey,
    agree(peerPublicKey) {
      if (!hasForm(peerPublicKey)) return undefined;
      try {
        return secretWith(peerPublicKey);
      } catch {
        // The peer's bytes are to blame, not we.
        return undefined;
      }
    },
  };
}
