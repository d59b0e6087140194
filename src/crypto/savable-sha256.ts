// SHA-256 whose state can be written down and taken up again, by whichever provider: noble's, since OpenSSL gives its own
// away to nobody. The state:
//
//   version 1 | the eight words of the chaining value, 32 | bytes hashed so far, 6 | those that fill no block of 64 yet

import { _SHA256 as Sha256 } from "@noble/hashes/sha2.js";
import { ByteReader } from "../base/byte-reader.ts";
import { ByteWriter } from "../base/byte-writer.ts";
import type { Sha256Stream } from "./crypto-provider.ts";

const VERSION = 1;
const BLOCK_LENGTH = 64;
const WORD_COUNT = 8;
const HEAD_LENGTH = 1 + 4 * WORD_COUNT + 6;

/** noble's, with its state laid open. */
class OpenSha256 extends Sha256 {
  get hashed(): number {
    return this.length;
  }

  state(): Uint8Array {
    const writer = new ByteWriter().uint8(VERSION);
    for (const word of this.get()) writer.uint32(word >>> 0);
    return writer.uint48(this.length).put(this.buffer.subarray(0, this.pos)).finish();
  }

  take(words: readonly number[], hashed: number, rest: Uint8Array): this {
    this.set(...(words as Parameters<Sha256["set"]>));
    this.length = hashed;
    this.pos = rest.length;
    this.buffer.set(rest);
    return this;
  }
}

export class SavableSha256 implements Sha256Stream {
  readonly #hash: OpenSha256;

  private constructor(hash: OpenSha256) {
    this.#hash = hash;
  }

  /** Of nothing yet. */
  static begin(): Sha256Stream {
    return new SavableSha256(new OpenSha256());
  }

  /** As it was when `state` was saved; undefined for what is no state, or one of a version that is not known here. */
  static resume(state: Uint8Array): Sha256Stream | undefined {
    if (state.length < HEAD_LENGTH || state[0] !== VERSION) return undefined;
    const reader = new ByteReader(state.subarray(1));
    const words = Array.from({ length: WORD_COUNT }, () => reader.uint32() | 0);
    const hashed = reader.uint48();
    const rest = state.subarray(HEAD_LENGTH);
    if (rest.length !== hashed % BLOCK_LENGTH) return undefined;
    return new SavableSha256(new OpenSha256().take(words, hashed, rest));
  }

  get length(): number {
    return this.#hash.hashed;
  }

  update(bytes: Uint8Array): this {
    this.#hash.update(bytes);
    return this;
  }

  save(): Uint8Array {
    return this.#hash.state();
  }

  clone(): Sha256Stream {
    return new SavableSha256(this.#hash._cloneInto(new OpenSha256()) as OpenSha256);
  }

  digest(): Uint8Array {
    return this.#hash.digest();
  }
}
