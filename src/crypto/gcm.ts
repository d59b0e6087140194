// AES-128-GCM out of Node's crypto alone, with a context for each record.

import { createCipheriv, createDecipheriv } from "node:crypto";
import { AEAD_KEY_LENGTH, type AeadArrays, type AeadContext, type AeadContextMaker, NONCE_LENGTH } from "./aead.ts";

const ALGORITHM = "aes-128-gcm";

export function gcmMaker(arrays: AeadArrays): AeadContextMaker {
  return (keys, tagLength) => new Gcm(arrays, keys, tagLength);
}

class Gcm implements AeadContext {
  readonly #arrays: AeadArrays;
  readonly #key: Uint8Array;
  readonly #tagLength: number;

  constructor(arrays: AeadArrays, keys: Uint8Array, tagLength: number) {
    this.#arrays = arrays;
    // The caller's array may be overwritten before there is a context.
    this.#key = keys.slice(0, AEAD_KEY_LENGTH);
    this.#tagLength = tagLength;
  }

  seal(bytes: Uint8Array, offset: number, length: number, additionalLength: number): void {
    const sealing = createCipheriv(ALGORITHM, this.#key, this.#nonce(), { authTagLength: this.#tagLength });
    sealing.setAAD(this.#additional(additionalLength));
    const end = offset + length;
    bytes.set(sealing.update(bytes.subarray(offset, end)), offset);
    sealing.final();
    bytes.set(sealing.getAuthTag(), end);
  }

  open(bytes: Uint8Array, offset: number, length: number, additionalLength: number): boolean {
    const opening = createDecipheriv(ALGORITHM, this.#key, this.#nonce(), { authTagLength: this.#tagLength });
    const end = offset + length;
    opening.setAAD(this.#additional(additionalLength)).setAuthTag(bytes.subarray(end, end + this.#tagLength));
    const content = opening.update(bytes.subarray(offset, end));
    // Node reports a wrong tag by throwing.
    try {
      opening.final();
    } catch {
      return false;
    }
    this.#arrays.content.set(content);
    return true;
  }

  release(): void {
    this.#key.fill(0);
  }

  #nonce(): Uint8Array {
    return this.#arrays.header.subarray(0, NONCE_LENGTH);
  }

  #additional(length: number): Uint8Array {
    return this.#arrays.header.subarray(NONCE_LENGTH, NONCE_LENGTH + length);
  }
}
