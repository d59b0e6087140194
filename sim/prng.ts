// Pseudo-random numbers that a seed replays: xoshiro128** by Blackman and Vigna. Not for keys.
// A generator forks by name, and what a fork draws never depends on what its parent or its siblings drew: a new draw in
// one part of a simulation leaves every other part of an old seed's run as it was.

import type { RandomSource } from "../src/base/random-source.ts";

export class Prng implements RandomSource {
  readonly #origin: Uint32Array;
  readonly #state: Uint32Array;

  /** From a whole number from 0 to 2^32 − 1, or the four words that a fork begins with. */
  constructor(seed: number | Uint32Array) {
    this.#origin = typeof seed === "number" ? wordsFor(seed) : seed;
    this.#state = Uint32Array.from(this.#origin);
  }

  /** The generator called `name` below this one: the same for the same seed and name, whatever was drawn before. */
  fork(name: string): Prng {
    return new Prng(this.#origin.map((word, lane) => hashOf(name, word, lane)));
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

  /** A number in [0, 1) with 32 bits of resolution. */
  fraction(): number {
    return this.uint32() / 2 ** 32;
  }

  /** A whole number from 0 to `bound` − 1. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  /** Normally distributed with mean 0 and standard deviation 1 (Marsaglia's polar method). */
  normal(): number {
    // No sine or cosine: their last bit may differ between versions of V8, and a trace must not.
    for (;;) {
      const x = 2 * this.fraction() - 1;
      const y = 2 * this.fraction() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square);
    }
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.fraction());
  }

  /** Gamma distributed with this shape, at least 1 (Marsaglia and Tsang 2000). */
  gamma(shape: number, mean: number): number {
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const root = 1 + c * x;
      const v = root * root * root;
      if (v > 0 && Math.log(1 - this.fraction()) < x * x * 0.5 + d * (1 - v + Math.log(v)))
        return (d * v * mean) / shape;
    }
  }
}

/** SplitMix32 spreads a seed over the four words of the state. */
function wordsFor(seed: number): Uint32Array {
  let z = seed >>> 0;
  return Uint32Array.from({ length: 4 }, () => {
    z = (z + 0x9e3779b9) >>> 0;
    return mixed(z);
  });
}

/** FNV-1a over the name's code units, begun from a word of the parent, its bits mixed at the end. */
function hashOf(name: string, word: number, lane: number): number {
  let hash = (word ^ Math.imul(lane + 1, 0x9e3779b9)) >>> 0;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

function mixed(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

function rotate(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}
