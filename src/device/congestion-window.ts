// How many requests may be outstanding. On a slow link the pipe holds two or three blocks; what is sent beyond that waits
// in somebody's queue and makes the round trip longer. So the window follows the queue that it makes (as TCP Vegas does),
// and besides halves its growth and steps back on loss, once for each round trip.

import type { RoundTrip } from "./round-trip.ts";

/** RFC 7252 4.7: more than NSTART = 1 wants congestion control; this is it. The first flight of four is RFC 6928's spirit. */
const INITIAL_REQUESTS = 4;
const REQUESTS_MIN = 2;
const REQUESTS_AFTER_SILENCE = 1;
/** More than any link in sight holds: 16 KiB of blocks. */
export const WINDOW_MAX = 16;

/** Requests that may wait in the network's queues: below the first the window grows, above the second it shrinks. */
const QUEUED_LOW = 1;
const QUEUED_HIGH = 3;

const LOSS_FACTOR = 0.7;

export class CongestionWindow {
  readonly #fixed: number | undefined;
  #requests = INITIAL_REQUESTS;
  /** Up to here each answer widens the window: it was as wide before silence, and nothing spoke against it. */
  #threshold = 0;
  /** Answers since the window last changed; a round trip has as many as the window is wide. */
  #answers = 0;
  #lostThisRound = false;

  /** A fixed number of requests, or undefined to find it. */
  constructor(fixed: number | undefined) {
    this.#fixed = fixed;
  }

  get requests(): number {
    return this.#fixed ?? Math.floor(this.#requests);
  }

  answered(roundTrip: RoundTrip): void {
    if (this.#requests < this.#threshold) {
      this.#requests++;
      return;
    }
    this.#answers++;
    if (this.#answers < this.#requests) return;
    this.#answers = 0;
    const lost = this.#lostThisRound;
    this.#lostThisRound = false;
    const { smoothedMs, minMs } = roundTrip;
    if (lost || smoothedMs === undefined) return;
    const queued = this.#requests * (1 - minMs / smoothedMs);
    if (queued < QUEUED_LOW) this.#requests = Math.min(WINDOW_MAX, this.#requests + 1);
    else if (queued > QUEUED_HIGH) this.#requests = Math.max(REQUESTS_MIN, this.#requests - 1);
  }

  lost(): void {
    if (this.#lostThisRound) return;
    this.#lostThisRound = true;
    this.#requests = Math.max(REQUESTS_MIN, this.#requests * LOSS_FACTOR);
  }

  /** Nothing came back at all for a whole timeout. */
  collapsed(): void {
    this.#threshold = Math.max(REQUESTS_MIN, this.#requests * LOSS_FACTOR);
    this.#requests = REQUESTS_AFTER_SILENCE;
    this.#answers = 0;
  }
}
