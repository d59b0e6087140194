// AES-128 over whole images, which a maker encrypts once for a release and a device decrypts once. Records of DTLS have an
// interface of their own, aead.ts, which costs no allocation.

/** NIST SP 800-38D: all of the tag, behind what is sealed. */
export const PAYLOAD_TAG_LENGTH = 16;

export interface PayloadCipher {
  /** AES-128-GCM with a nonce of 12 bytes; the tag is behind the ciphertext. */
  sealGcm(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** The same in pieces: for an image that is longer than a device's memory, which holds one piece at a time. */
  gcmSealing(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array): PayloadSealing;
  /** Undefined for what does not authenticate: nobody is to see that. */
  openGcm(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** AES-128-CTR from the counter block of 16 bytes on, there and back. It authenticates nothing. */
  ctr(key: Uint8Array, counterBlock: Uint8Array, bytes: Uint8Array): Uint8Array;
}

/** An encryption under way, whose state does not grow. */
export interface PayloadSealing {
  /** The ciphertext of the next piece, as long as the piece. */
  seal(plaintext: Uint8Array): Uint8Array;
  /** What stands behind the ciphertext: the tag. No other call may follow. */
  finish(): Uint8Array;
}
