// Cryptography as an argument, handed in like a RandomSource: the cores know this interface and no library. So a device
// without OpenSSL brings its own, and a test brings one that watches. A provider draws nothing at random, but that
// OpenSSL chooses the nonce of an ES256 signature itself; it keeps no secret beyond what it is asked to keep, and serves one
// thread: its calls share arrays.

import type { Aead } from "./aead.ts";
import type { HmacSha256 } from "./hmac.ts";
import type { PayloadCipher } from "./payload-cipher.ts";
import type { SigningKey, VerificationKey } from "./signature.ts";

export interface CryptoProvider {
  readonly aead: Aead;
  /** AES-128-CBC without padding: `plaintext` is whole blocks of 16 bytes, and so is what is given back. */
  encryptCbc(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array;
  decryptCbc(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  /** Of whole images: see payload-cipher.ts. */
  readonly payload: PayloadCipher;
  /** 32 bytes, one character each: see hmac.ts for why. */
  sha256(bytes: Uint8Array): string;
  /**
   * Of `count` byte strings, one hash after the other into `target` from `at` on: for trees, whose nodes are many and short.
   * `input` is asked for each when those before it are hashed. A hash may come to lie where no later input has anything.
   */
  sha256Each(count: number, input: (index: number) => Uint8Array, target: Uint8Array, at: number): void;
  /** For what is longer than one array. */
  sha256Stream(): Sha256Stream;
  /** One that goes on where save() was called, of this provider or of any other; undefined for what is no such state. */
  resumeSha256(state: Uint8Array): Sha256Stream | undefined;
  /** A MAC under `key`, which is not kept but in the MAC itself, until its release(). */
  hmacSha256(key: Uint8Array): HmacSha256;
  /** RFC 7748 6.1. `privateKey` has 32 bytes and is not kept. */
  x25519(privateKey: Uint8Array): KeyAgreement;
  /** SEC 1 over secp256r1. `privateKey` has 32 bytes, is below the group's order and not zero, and is not kept. */
  secp256r1(privateKey: Uint8Array): KeyAgreement;
  /** The public key in the DER of a SubjectPublicKeyInfo; undefined for what is none that is known here. */
  verificationKey(spki: Uint8Array): VerificationKey | undefined;
  /** The private key in the DER of a PKCS#8 PrivateKeyInfo; undefined for what is none that is known here. */
  signingKey(pkcs8: Uint8Array): SigningKey | undefined;
  /** Whether two byte strings of one length are equal, in a time that does not tell where they differ. */
  equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean;
}

/** SHA-256 over what comes in pieces. */
export interface Sha256Stream {
  /** Bytes so far. */
  readonly length: number;
  update(bytes: Uint8Array): this;
  /** All that is needed to go on later, in 39 to 102 bytes. */
  save(): Uint8Array;
  /** One that goes its own way from here on. */
  clone(): Sha256Stream;
  /** 32 bytes. No other call may follow. */
  digest(): Uint8Array;
}

export interface KeyAgreement {
  /** 32 bytes of x25519, or an uncompressed point of secp256r1. */
  readonly publicKey: Uint8Array;
  /** The shared secret, the caller's to overwrite; undefined when the peer's key is not a point that may be used. */
  agree(peerPublicKey: Uint8Array): Uint8Array | undefined;
}
