// What is stored sealed, in one piece: AES-256-GCM, as nonce 12 | ciphertext | tag 16.
//
// Two pieces under one key and one nonce would give both away: who seals says why its nonces are never the same.

import { createCipheriv, createDecipheriv } from "node:crypto";

export const SEALING_KEY_LENGTH = 32;
export const NONCE_LENGTH = 12;
export const TAG_LENGTH = 16;

/** What sealing adds to the length. */
export const SEAL_LENGTH = NONCE_LENGTH + TAG_LENGTH;

export const CIPHER = "aes-256-gcm";

/** `additionalData` says what the bytes are, so that one piece cannot stand in another's place. */
export function seal(key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array, bytes: Uint8Array): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(additionalData);
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** The bytes, to be overwritten where they are secret; undefined where they are not what was sealed under this key. */
export function unseal(key: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEAL_LENGTH) return undefined;
  const tagAt = sealed.length - TAG_LENGTH;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_LENGTH)).setAAD(additionalData);
  decipher.setAuthTag(sealed.subarray(tagAt));
  const bytes = decipher.update(sealed.subarray(NONCE_LENGTH, tagAt));
  try {
    decipher.final();
    return bytes;
  } catch {
    return undefined;
  }
}
