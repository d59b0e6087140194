// What one direction delivered, measured where it comes out: how long datagrams were under way, and how fast they came.

import { createHistogram } from "node:perf_hooks";
import type { Instant } from "../../src/base/instant.ts";

/** Delays are kept in classes of at most a thousandth of their value, so that memory does not grow with their number. */
const DIGIT_COUNT = 3;
/** A year: no link holds a datagram longer. */
const DELAY_MAX_MICROSECONDS = 31_536_000_000_000;

export interface DeliveryFigures {
  /** Copies included. */
  readonly deliveredCount: number;
  /** From entering the link to leaving it; undefined while nothing has left. */
  readonly delayMs: { readonly mean: number; readonly p50: number; readonly p95: number } | undefined;
  /** UDP payload from the first delivery to the last; undefined before two of them. */
  readonly bitsPerSecond: number | undefined;
}

export class DeliveryMeter {
  readonly #delays = createHistogram({ lowest: 1, highest: DELAY_MAX_MICROSECONDS, figures: DIGIT_COUNT });
  #deliveredCount = 0;
  #firstAt: Instant | undefined;
  #lastAt: Instant | undefined;
  #bytesSinceFirst = 0;

  /** A datagram of `length` bytes that was sent at `sentAt` is delivered. */
  record(now: Instant, sentAt: Instant, length: number): void {
    const delayMicroseconds = Math.round((now - sentAt) * 1000);
    // The histogram knows nothing below its first class.
    this.#delays.record(Math.min(Math.max(delayMicroseconds, 1), DELAY_MAX_MICROSECONDS));
    this.#deliveredCount++;
    if (this.#firstAt === undefined) this.#firstAt = now;
    else this.#bytesSinceFirst += length;
    this.#lastAt = now;
  }

  get figures(): DeliveryFigures {
    const deliveredCount = this.#deliveredCount;
    if (deliveredCount === 0) return { deliveredCount, delayMs: undefined, bitsPerSecond: undefined };
    const [mean, p50, p95] = [this.#delays.mean, this.#delays.percentile(50), this.#delays.percentile(95)];
    const seconds = (this.#lastAt! - this.#firstAt!) / 1000;
    return {
      deliveredCount,
      delayMs: { mean: mean / 1000, p50: p50 / 1000, p95: p95 / 1000 },
      bitsPerSecond: seconds > 0 ? (this.#bytesSinceFirst * 8) / seconds : undefined,
    };
  }
}
