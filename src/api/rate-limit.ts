// A bucket for each name: so many at once, and then one for each interval. Names are forgotten when there are too many: whoever
// was not heard of for longest goes first.

import { LRUCache } from "lru-cache";

/** Names of one limit. */
export const RATED_NAMES_MAX = 10_000;

interface Bucket {
  readonly taken: number;
  readonly at: number;
}

export class RateLimit {
  readonly #most: number;
  readonly #intervalMs: number;
  readonly #buckets = new LRUCache<string, Bucket>({ max: RATED_NAMES_MAX });

  constructor(most: number, intervalMs: number) {
    this.#most = most;
    this.#intervalMs = intervalMs;
  }

  get nameCount(): number {
    return this.#buckets.size;
  }

  /** Whether there is room for one more. */
  hasRoom(name: string, now: number): boolean {
    return this.#taken(name, now) <= this.#most - 1;
  }

  take(name: string, now: number): void {
    this.#buckets.set(name, { taken: this.#taken(name, now) + 1, at: now });
  }

  forget(name: string): void {
    this.#buckets.delete(name);
  }

  #taken(name: string, now: number): number {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) return 0;
    // A clock that was put back fills no bucket.
    return Math.max(0, bucket.taken - Math.max(0, now - bucket.at) / this.#intervalMs);
  }
}
