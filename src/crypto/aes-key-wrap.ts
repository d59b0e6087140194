// RFC 3394: a key under another one, both of AES-128. Composed of single blocks, which a provider's AES-CBC from zeros is.

import { assert } from "../base/assert.ts";
import { concat } from "../base/bytes.ts";
import type { CryptoProvider } from "./crypto-provider.ts";

const HALF = 8;
const BLOCK_LENGTH = 16;
const ROUNDS = 6;
/** 2.2.3.1: what an unwrapped key is known by. */
const INITIAL_BYTE = 0xa6;

export const KEY_WRAP_OVERHEAD = HALF;

/** 2.2.1. `key` is a multiple of 8 bytes, 16 of them at least; 8 more come out. */
export function wrapKey(crypto: CryptoProvider, wrapping: Uint8Array, key: Uint8Array): Uint8Array {
  assert(key.length % HALF === 0 && key.length >= BLOCK_LENGTH, "a key of whole blocks");
  const wrapped = concat(new Uint8Array(HALF).fill(INITIAL_BYTE), key);
  const count = key.length / HALF;
  for (let step = 1; step <= ROUNDS * count; step++) {
    const at = HALF * (((step - 1) % count) + 1);
    const block = crypto.encryptCbc(
      wrapping,
      ZEROS,
      concat(wrapped.subarray(0, HALF), wrapped.subarray(at, at + HALF)),
    );
    wrapped.set(block.subarray(0, HALF));
    wrapped[HALF - 1]! ^= step;
    wrapped.set(block.subarray(HALF), at);
  }
  return wrapped;
}

/** 2.2.2. Undefined where `wrapped` was not made under this key. */
export function unwrapKey(crypto: CryptoProvider, wrapping: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  if (wrapped.length % HALF !== 0 || wrapped.length < BLOCK_LENGTH + HALF) return undefined;
  const opened = wrapped.slice();
  const count = wrapped.length / HALF - 1;
  for (let step = ROUNDS * count; step >= 1; step--) {
    const at = HALF * (((step - 1) % count) + 1);
    opened[HALF - 1]! ^= step;
    const block = crypto.decryptCbc(wrapping, ZEROS, concat(opened.subarray(0, HALF), opened.subarray(at, at + HALF)));
    opened.set(block.subarray(0, HALF));
    opened.set(block.subarray(HALF), at);
  }
  const isRight = opened.subarray(0, HALF).every((byte) => byte === INITIAL_BYTE);
  return isRight ? opened.subarray(HALF) : undefined;
}

/** Nobody writes into it. */
const ZEROS: Uint8Array = Uint8Array.from({ length: BLOCK_LENGTH }, () => 0);
