// Whether somebody holds the device on an old release: a server that says that there is something newer and does not offer
// it, or nobody whose word counts. What the device counts is its own uptime, kept over restarts.

import type { Instant } from "../../base/instant.ts";

export interface FreezeCount {
  /** Whole seconds. */
  readonly behindSeconds: number;
  /** Whether it has just become long enough to be told. */
  readonly begins: boolean;
}

export class FreezeWatch {
  readonly #frozenSeconds: number;
  #countedAt: Instant;
  #behindSeconds: number;

  /** `behindSeconds` were counted before this start. */
  constructor(now: Instant, behindSeconds: number, frozenSeconds: number) {
    this.#countedAt = now;
    this.#behindSeconds = behindSeconds;
    this.#frozenSeconds = frozenSeconds;
  }

  /** A check-in is over. */
  count(now: Instant, isBehind: boolean): FreezeCount {
    const before = this.#behindSeconds;
    const seconds = (now - this.#countedAt) / 1_000;
    this.#countedAt = now;
    this.#behindSeconds = isBehind ? before + seconds : 0;
    const begins = before < this.#frozenSeconds && this.#behindSeconds >= this.#frozenSeconds;
    return { behindSeconds: Math.floor(this.#behindSeconds), begins };
  }
}
