// Writes big-endian fields into a buffer that grows up to a hard maximum; exceeding it is our own mistake.

import { assert } from "./assert.ts";

export class ByteWriter {
  readonly #lengthMax: number;
  #bytes: Uint8Array;
  #length = 0;

  constructor(lengthMax = 65_535) {
    this.#lengthMax = lengthMax;
    this.#bytes = new Uint8Array(Math.min(256, lengthMax));
  }

  get length(): number {
    return this.#length;
  }

  uint8(value: number): this {
    return this.#uint(value, 1);
  }

  uint16(value: number): this {
    return this.#uint(value, 2);
  }

  uint24(value: number): this {
    return this.#uint(value, 3);
  }

  uint32(value: number): this {
    return this.#uint(value, 4);
  }

  uint48(value: number): this {
    return this.#uint(value, 6);
  }

  put(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** RFC 5246 4.3 `opaque<0..2^8-1>`. */
  vector8(bytes: Uint8Array): this {
    return this.uint8(bytes.length).put(bytes);
  }

  /** RFC 5246 4.3 `opaque<0..2^16-1>`. */
  vector16(bytes: Uint8Array): this {
    return this.uint16(bytes.length).put(bytes);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #uint(value: number, length: number): this {
    assert(Number.isInteger(value) && value >= 0 && value < 256 ** length, `${value} does not fit ${length} bytes`);
    this.#reserve(length);
    let rest = value;
    for (let i = length - 1; i >= 0; i--) {
      this.#bytes[this.#length + i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#length += length;
    return this;
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    assert(needed <= this.#lengthMax, `more than ${this.#lengthMax} bytes written`);
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.min(this.#lengthMax, Math.max(needed, 2 * this.#bytes.length)));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
