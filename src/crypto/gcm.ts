// AES-GCM out of Node's crypto alone, with a context for each record.

import { createCipheriv, createDecipheriv } from "node:crypto";
import { type AeadArrays, type AeadContext, type AeadContextMaker, NONCE_LENGTH } from "./aead.ts";

const ALGORITHMS = { 16: "aes-128-gcm", 32: "aes-256-gcm" } as const;

type KeyLength = keyof typeof ALGORITHMS;

export function gcmMaker(arrays: AeadArrays, keyLength: KeyLength): AeadContextMaker {
  return (keys, tagLength) => new Gcm(arrays, keys.slice(0, keyLength), ALGORITHMS[keyLength], tagLength);
}

class Gcm implements AeadContext {
  readonly #arrays: AeadArrays;
  /** A copy: the caller's array may be overwritten before there is a context. */
  readonly #key: Uint8Array;
  readonly #algorithm: (typeof ALGORITHMS)[KeyLength];
  readonly #tagLength: number;

  constructor(arrays: AeadArrays, key: Uint8Array, algorithm: (typeof ALGORITHMS)[KeyLength], tagLength: number) {
    this.#arrays = arrays;
    this.#key = key;
    this.#algorithm = algorithm;
    this.#tagLength = tagLength;
  }

  seal(bytes: Uint8Array, offset: number, length: number, additionalLength: number): void {
    const sealing = createCipheriv(this.#algorithm, this.#key, this.#nonce(), { authTagLength: this.#tagLength });
    sealing.setAAD(this.#additional(additionalLength));
    const end = offset + length;
    bytes.set(sealing.update(bytes.subarray(offset, end)), offset);
    sealing.final();
    bytes.set(sealing.getAuthTag(), end);
  }

  open(bytes: Uint8Array, offset: number, length: number, additionalLength: number): boolean {
    const opening = createDecipheriv(this.#algorithm, this.#key, this.#nonce(), { authTagLength: this.#tagLength });
    const end = offset + length;
    opening.setAAD(this.#additional(additionalLength)).setAuthTag(bytes.subarray(end, end + this.#tagLength));
    const content = opening.update(bytes.subarray(offset, end));
    // Node reports a wrong tag by throwing.
    try {
      opening.final();
    } catch {
      content.fill(0);
      return false;
    }
    this.#arrays.content.set(content);
    content.fill(0);
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
