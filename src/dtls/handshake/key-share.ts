// Ephemeral Diffie-Hellman over x25519 and secp256r1 (RFC 8422 5.1.1) by Node's crypto. The private key comes from the
// core's RandomSource, so that a handshake can be replayed; hence it is imported and not generated.

import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { copyOf } from "../../base/bytes.ts";
import { type RandomSource, randomBytes } from "../../base/random-source.ts";

export const NamedGroup = { secp256r1: 23, x25519: 29 } as const;

/** In the order in which our client offers them: x25519 has the shorter share, 32 bytes against 65, and costs less. */
export const NAMED_GROUPS: readonly number[] = [NamedGroup.x25519, NamedGroup.secp256r1];

export interface KeyShare {
  readonly group: number;
  readonly publicKey: Uint8Array;
  /** The shared secret, or undefined when the peer's public key is not a point that may be used. */
  agree(peerPublicKey: Uint8Array): Uint8Array | undefined;
}

const KEY_LENGTH = 32;

// SEC 1 2.3.3: a byte for the form, then both coordinates.
const SECP256R1_POINT_LENGTH = 65;
const UNCOMPRESSED = 4;

/** A fresh key pair of a group out of NAMED_GROUPS. */
export function keyShare(group: number, random: RandomSource): KeyShare {
  return group === NamedGroup.x25519 ? x25519(random) : secp256r1(random);
}

function x25519(random: RandomSource): KeyShare {
  // RFC 8037 2. As JWK a key comes in and out in a tenth of the time that OpenSSL takes over DER; "x" is not looked at.
  const jwk = { kty: "OKP", crv: "X25519", d: toBase64Url(randomBytes(random, KEY_LENGTH)), x: "" };
  const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
  return {
    group: NamedGroup.x25519,
    publicKey: copyOf(Buffer.from(createPublicKey(privateKey).export({ format: "jwk" }).x!, "base64url")),
    agree(peerPublicKey) {
      if (peerPublicKey.length !== KEY_LENGTH) return undefined;
      const key = { kty: "OKP", crv: "X25519", x: toBase64Url(peerPublicKey) };
      return agreed(() => diffieHellman({ privateKey, publicKey: createPublicKey({ key, format: "jwk" }) }));
    },
  };
}

function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

function secp256r1(random: RandomSource): KeyShare {
  const exchange = createECDH("prime256v1");
  exchange.setPrivateKey(secp256r1PrivateKey(random));
  return {
    group: NamedGroup.secp256r1,
    publicKey: copyOf(exchange.getPublicKey()),
    agree(peerPublicKey) {
      // RFC 8422 5.1.2: uncompressed points only.
      if (peerPublicKey.length !== SECP256R1_POINT_LENGTH || peerPublicKey[0] !== UNCOMPRESSED) return undefined;
      return agreed(() => exchange.computeSecret(peerPublicKey));
    },
  };
}

/** One 32-byte string in 2^32 is not below the group's order and so no private key; the next one is. */
function secp256r1PrivateKey(random: RandomSource): Uint8Array {
  for (;;) {
    const bytes = randomBytes(random, KEY_LENGTH);
    if (bytes[0] !== 0xff || bytes[1] !== 0xff || bytes[2] !== 0xff || bytes[3] !== 0xff) return bytes;
  }
}

/** Node reports a point off the curve, or one of small order, by throwing; the peer's bytes are to blame, not we. */
function agreed(agreement: () => Uint8Array): Uint8Array | undefined {
  try {
    return agreement();
  } catch {
    return undefined;
  }
}
