// A RandomSource that gives the same bytes for the same seed: xoshiro128** by Blackman and Vigna. Not for keys.

import type { RandomSource } from "../../src/base/random-source.ts";

export class SeededRandom implements RandomSource {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    // SplitMix32 spreads the seed over the four words.
    let z = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      z = (z + 0x9e3779b9) >>> 0;
      let x = z;
      x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
      x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
      return (x ^ (x >>> 16)) >>> 0;
    });
  }

  fill(target: Uint8Array): void {
    for (let i = 0; i < target.length; i += 4) {
      let word = this.uint32();
      for (let j = i; j < Math.min(i + 4, target.length); j++) {
        target[j] = word & 255;
        word >>>= 8;
      }
    }
  }

  uint32(): number {
    const s = this.#state;
    const result = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = rotate(s[3]!, 11);
    return result;
  }

  /** A whole number from 0 to `bound` − 1. */
  below(bound: number): number {
    return Math.floor((this.uint32() / 2 ** 32) * bound);
  }
}

function rotate(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}
