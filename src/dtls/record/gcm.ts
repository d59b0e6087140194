// AES-128-GCM out of Node's crypto alone, with a context for each record.

import { createCipheriv, createDecipheriv } from "node:crypto";
import { copyOf } from "../../base/bytes.ts";
import { type AeadContext, CONTENT, HEADER, NONCE_LENGTH } from "./aead-context.ts";

const ALGORITHM = "aes-128-gcm";

export function gcm(key: Uint8Array, tagLength: 8 | 16): AeadContext {
  return new Gcm(key, tagLength);
}

class Gcm implements AeadContext {
  readonly #key: Uint8Array;
  readonly #tagLength: number;

  constructor(key: Uint8Array, tagLength: number) {
    // The caller's array is overwritten as soon as there is a context.
    this.#key = copyOf(key);
    this.#tagLength = tagLength;
  }

  seal(bytes: Uint8Array, offset: number, length: number, additionalLength: number): void {
    const sealing = createCipheriv(ALGORITHM, this.#key, nonce(), { authTagLength: this.#tagLength });
    sealing.setAAD(additional(additionalLength));
    const end = offset + length;
    bytes.set(sealing.update(bytes.subarray(offset, end)), offset);
    sealing.final();
    bytes.set(sealing.getAuthTag(), end);
  }

  open(bytes: Uint8Array, offset: number, length: number, additionalLength: number): boolean {
    const opening = createDecipheriv(ALGORITHM, this.#key, nonce(), { authTagLength: this.#tagLength });
    const end = offset + length;
    opening.setAAD(additional(additionalLength)).setAuthTag(bytes.subarray(end, end + this.#tagLength));
    const content = opening.update(bytes.subarray(offset, end));
    // Node reports a wrong tag by throwing.
    try {
      opening.final();
    } catch {
      return false;
    }
    CONTENT.set(content);
    return true;
  }

  release(): void {
    this.#key.fill(0);
  }
}

function nonce(): Uint8Array {
  return HEADER.subarray(0, NONCE_LENGTH);
}

function additional(length: number): Uint8Array {
  return HEADER.subarray(NONCE_LENGTH, NONCE_LENGTH + length);
}
