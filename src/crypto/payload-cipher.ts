// AES-128 over whole images, which a maker encrypts once for a release and a device decrypts once. Records of DTLS have an
// interface of their own, aead.ts, which costs no allocation.

/** NIST SP 800-38D: all of the tag, behind what is sealed. */
export const PAYLOAD_TAG_LENGTH = 16;

export interface PayloadCipher {
  /** AES-128-GCM with a nonce of 12 bytes; the tag is behind the ciphertext. */
  sealGcm(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Undefined for what does not authenticate: nobody is to see that. */
  openGcm(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** AES-128-CTR from the counter block of 16 bytes on, there and back. It authenticates nothing. */
  ctr(key: Uint8Array, counterBlock: Uint8Array, bytes: Uint8Array): Uint8Array;
}
