// How long a device lets its server put it off. What passes is waited out: a server that is busy says for how long (5.03,
// 4.29), one that failed for the moment does not. But each wait counts until a block comes, and patience ends: then somebody
// has to hear of it.

import { type RandomSource, randomFraction } from "../base/random-source.ts";

/** Of all waits that the server asked for, since the latest block. */
const TOLD_MAX_MS = 900_000;

/** Where it did not say for how long: 2, 4, 8 and 16 seconds, which is what a server needs that starts anew. */
const FIRST_UNTOLD_MS = 2_000;
const UNTOLD_COUNT_MAX = 4;

/** A wait is longer than it must be by up to this share, so that a fleet that was told one time does not come back at once. */
const SPREAD = 0.1;

export class Patience {
  readonly #random: RandomSource;
  #toldMs = 0;
  #untoldCount = 0;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  /** How long to wait before asking again, ms, of what the server said or left open; undefined when patience has ended. */
  waitMs(seconds: number | undefined): number | undefined {
    if (seconds === undefined && this.#untoldCount >= UNTOLD_COUNT_MAX) return undefined;
    const leastMs = seconds === undefined ? FIRST_UNTOLD_MS * 2 ** this.#untoldCount++ : 1_000 * seconds;
    if (seconds !== undefined) this.#toldMs += leastMs;
    if (this.#toldMs > TOLD_MAX_MS) return undefined;
    return leastMs * (1 + SPREAD * randomFraction(this.#random));
  }

  /** A block has come: what was waited for is forgiven. */
  handleBlock(): void {
    this.#toldMs = 0;
    this.#untoldCount = 0;
  }
}
