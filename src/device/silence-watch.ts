// When somebody who waits for a device should hear that its server is silent. The device goes on regardless: what it does
// about silence is the timers' matter.

import { addMs, type Instant } from "../base/instant.ts";

/** A server that is restarted is back by then, and has been asked since. */
const SILENCE_LEAST_MS = 50_000;

/**
 * Slow links are silent for longer. In the handshake so many first timeouts go by until a hello of after 30 s is answered, and
 * in a transfer so many until the second request of a silence is, each timeout twice as long as the one before.
 */
const HANDSHAKE_TIMEOUTS = 5.5;
const TRANSFER_TIMEOUTS = 3.2;

export class SilenceWatch {
  #heardAt: Instant;
  #told = false;

  constructor(now: Instant) {
    this.#heardAt = now;
  }

  heard(now: Instant): void {
    this.#heardAt = now;
    this.#told = false;
  }

  /** When there is something to tell, where the first timeout is so long; undefined once it is told. */
  deadline(connected: boolean, firstTimeoutMs: number): Instant | undefined {
    if (this.#told) return undefined;
    const usualMs = (connected ? TRANSFER_TIMEOUTS : HANDSHAKE_TIMEOUTS) * firstTimeoutMs;
    return addMs(this.#heardAt, Math.max(SILENCE_LEAST_MS, usualMs));
  }

  /** It is told. */
  told(): void {
    this.#told = true;
  }
}
