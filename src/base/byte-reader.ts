// A bounds-checked cursor over untrusted bytes, big-endian as all of our protocols are.
// A read past the end gives zeros and sets `overrun`, once and for good: a decoder reads all its fields in a row and
// asks once at the end.

import { EMPTY } from "./bytes.ts";

export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset: number;
  #overrun = false;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  /** Whether a read went past the end; what was read since then is meaningless. */
  get overrun(): boolean {
    return this.#overrun;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** Whether everything was read and nothing beyond. */
  get atEnd(): boolean {
    return !this.#overrun && this.#offset === this.#bytes.length;
  }

  uint8(): number {
    return this.#has(1) ? this.#bytes[this.#offset++]! : 0;
  }

  uint16(): number {
    if (!this.#has(2)) return 0;
    const high = this.#bytes[this.#offset++]!;
    return (high << 8) | this.#bytes[this.#offset++]!;
  }

  uint24(): number {
    return this.#uint(3);
  }

  uint32(): number {
    return this.#uint(4);
  }

  uint48(): number {
    return this.#uint(6);
  }

  /** A view of the next `length` bytes, not a copy. */
  take(length: number): Uint8Array {
    if (!this.#has(length) || length === 0) return EMPTY;
    const view = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return view;
  }

  /** RFC 5246 4.3 `opaque<0..2^8-1>`: a length of one byte, then that many bytes. */
  vector8(): Uint8Array {
    return this.take(this.uint8());
  }

  /** RFC 5246 4.3 `opaque<0..2^16-1>`: a length of two bytes, then that many bytes. */
  vector16(): Uint8Array {
    return this.take(this.uint16());
  }

  #has(length: number): boolean {
    if (length > this.#bytes.length - this.#offset) this.#overrun = true;
    return !this.#overrun;
  }

  #uint(length: number): number {
    if (!this.#has(length)) return 0;
    let value = 0;
    // Multiplication, not shifts: 48 bits do not fit JavaScript's bit operators.
    for (let i = 0; i < length; i++) value = value * 256 + this.#bytes[this.#offset + i]!;
    this.#offset += length;
    return value;
  }
}
