// Token buckets for any number of keys, in memory that does not grow: what somebody may do so often at once and so often
// a second, counted over time and not against one thing that could be begun anew.
//
// A key that has no bucket has a full one. Where a new bucket needs a place, the fullest of those that may stand there
// goes: whoever used up what it had stays known, however many others come along.

import type { Instant } from "../../base/instant.ts";

/** Places in which the bucket of a key may stand. */
const WAYS = 4;

export interface Rate {
  readonly atOnce: number;
  readonly perSecond: number;
}

export class RateTable {
  readonly #rate: Rate;
  readonly #setCount: number;
  readonly #keys: Uint32Array;
  readonly #tokens: Float32Array;
  /** When the tokens were counted; a place that never held a bucket has been full for ever. */
  readonly #countedAt: Float64Array;

  /** `bucketCount` is a multiple of four. */
  constructor(rate: Rate, bucketCount: number) {
    this.#rate = rate;
    this.#setCount = bucketCount / WAYS;
    this.#keys = new Uint32Array(bucketCount);
    this.#tokens = new Float32Array(bucketCount);
    this.#countedAt = new Float64Array(bucketCount).fill(Number.NEGATIVE_INFINITY);
  }

  /** Buckets that are not full. */
  size(now: Instant): number {
    let size = 0;
    for (let place = 0; place < this.#keys.length; place++) {
      if (this.#count(now, place) < this.#rate.atOnce) size++;
    }
    return size;
  }

  /** Whether the bucket of a key, 32 bits of a hash, has a token left. */
  has(now: Instant, key: number): boolean {
    const place = this.#find(key);
    return place === undefined || this.#count(now, place) >= 1;
  }

  /** Takes a token, if there is one. */
  take(now: Instant, key: number): void {
    let place = this.#find(key);
    if (place === undefined) {
      place = this.#fullest(now, key);
      this.#keys[place] = key;
      this.#tokens[place] = this.#rate.atOnce;
      this.#countedAt[place] = now;
    }
    this.#tokens[place] = Math.max(0, this.#count(now, place) - 1);
  }

  #find(key: number): number | undefined {
    const first = this.#firstOf(key);
    for (let place = first; place < first + WAYS; place++) if (this.#keys[place] === key) return place;
    return undefined;
  }

  #fullest(now: Instant, key: number): number {
    const first = this.#firstOf(key);
    let fullest = first;
    for (let place = first + 1; place < first + WAYS; place++) {
      if (this.#count(now, place) > this.#count(now, fullest)) fullest = place;
    }
    return fullest;
  }

  #firstOf(key: number): number {
    return (key % this.#setCount) * WAYS;
  }

  /** Brings the tokens of a place up to date. */
  #count(now: Instant, place: number): number {
    const { atOnce, perSecond } = this.#rate;
    const earned = ((now - this.#countedAt[place]!) * perSecond) / 1000;
    const tokens = Math.min(atOnce, this.#tokens[place]! + earned);
    this.#tokens[place] = tokens;
    this.#countedAt[place] = now;
    return tokens;
  }
}
