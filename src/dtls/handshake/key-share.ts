// Ephemeral Diffie-Hellman over x25519 and secp256r1 (RFC 8422 5.1.1). The private key comes from the core's RandomSource,
// so that a handshake can be replayed.

import { type RandomSource, randomBytes } from "../../base/random-source.ts";
import type { CryptoProvider, KeyAgreement } from "../../crypto/crypto-provider.ts";

export const NamedGroup = { secp256r1: 23, x25519: 29 } as const;

/** In the order in which our client offers them: x25519 has the shorter share, 32 bytes against 65, and costs less. */
export const NAMED_GROUPS: readonly number[] = [NamedGroup.x25519, NamedGroup.secp256r1];

export interface KeyShare extends KeyAgreement {
  readonly group: number;
}

const KEY_LENGTH = 32;

/** A fresh key pair of a group out of NAMED_GROUPS. */
export function keyShare(crypto: CryptoProvider, group: number, random: RandomSource): KeyShare {
  const privateKey = group === NamedGroup.x25519 ? randomBytes(random, KEY_LENGTH) : secp256r1PrivateKey(random);
  const agreement = group === NamedGroup.x25519 ? crypto.x25519(privateKey) : crypto.secp256r1(privateKey);
  privateKey.fill(0);
  return { group, publicKey: agreement.publicKey, agree: (peerPublicKey) => agreement.agree(peerPublicKey) };
}

/** One 32-byte string in 2^32 is not below the group's order and so no private key; the next one is. */
function secp256r1PrivateKey(random: RandomSource): Uint8Array {
  for (;;) {
    const bytes = randomBytes(random, KEY_LENGTH);
    if (bytes[0] !== 0xff || bytes[1] !== 0xff || bytes[2] !== 0xff || bytes[3] !== 0xff) return bytes;
  }
}
