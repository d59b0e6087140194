// How many requests may be outstanding. On a slow link the pipe holds two or three blocks; what is sent beyond that waits
// in somebody's queue and makes the round trip longer. So the window follows the queue that it makes (as TCP Vegas does),
// and besides steps back on loss, once for each round trip, unless the queue is as long as it should be: it shows that the
// way keeps what it has no room for, so that the loss is the link's own (as in TCP Veno). Without any queue the way may be
// one that drops what is too much, and with a long one it may have run over.

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
    const queued = this.#queued(roundTrip);
    if (lost || queued === undefined) return;
    if (queued < QUEUED_LOW) this.#requests = Math.min(WINDOW_MAX, this.#requests + 1);
    else if (queued > QUEUED_HIGH) this.#requests = Math.max(REQUESTS_MIN, this.#requests - 1);
  }

  lost(roundTrip: RoundTrip): void {
    if (this.#lostThisRound) return;
    this.#lostThisRound = true;
    const queued = this.#queued(roundTrip) ?? 0;
    if (queued >= QUEUED_LOW && queued <= QUEUED_HIGH) return;
    if (this.#requests > REQUESTS_MIN) this.#requests = Math.max(REQUESTS_MIN, this.#requests * LOSS_FACTOR);
  }

  /** Nothing came back at all for a whole timeout. */
  collapsed(): void {
    this.#threshold = Math.max(REQUESTS_MIN, this.#requests * LOSS_FACTOR);
    this.#requests = REQUESTS_AFTER_SILENCE;
    this.#answers = 0;
  }

  /** How many of the requests in the air wait in a queue; undefined when nothing is known. */
  #queued({ smoothedMs, minMs }: RoundTrip): number | undefined {
    return smoothedMs === undefined ? undefined : this.#requests * (1 - minMs / smoothedMs);
  }
}
