// Places for many secrets of one length, in few large arrays: an array for each would take five times the memory of a
// cipher key. A place that is given back is overwritten and used again.

import { assert } from "./assert.ts";

/** Places in one array. */
const PLACES_PER_ARRAY = 1_024;

export class SecretSlab {
  readonly #length: number;
  readonly #arrays: Uint8Array[] = [];
  readonly #free: number[] = [];
  #taken = 0;

  /** For secrets of `length` bytes. */
  constructor(length: number) {
    this.#length = length;
  }

  /** Places in use. */
  get size(): number {
    return this.#taken - this.#free.length;
  }

  /** Copies the secret to a place of its own and gives back which one. */
  put(bytes: Uint8Array): number {
    assert(bytes.length === this.#length, "a slab holds secrets of one length");
    const place = this.#free.pop() ?? this.#taken++;
    const array = Math.floor(place / PLACES_PER_ARRAY);
    this.#arrays[array] ??= new Uint8Array(PLACES_PER_ARRAY * this.#length);
    this.view(place).set(bytes);
    return place;
  }

  /** The bytes themselves, until they are given back. */
  view(place: number): Uint8Array {
    const start = (place % PLACES_PER_ARRAY) * this.#length;
    return this.#arrays[Math.floor(place / PLACES_PER_ARRAY)]!.subarray(start, start + this.#length);
  }

  /** Overwrites the secret; the place is another's then. */
  giveBack(place: number): void {
    this.view(place).fill(0);
    this.#free.push(place);
  }
}
