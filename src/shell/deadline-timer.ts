// One timer for one core. Node.js may fire a timer before its time, and fires one of 2^31 ms or more at once; the core
// ignores early calls, so all that is needed here is to arm it again.

import type { Instant } from "../base/instant.ts";
import { systemNow } from "./system-clock.ts";

const DELAY_MAX_MS = 2 ** 31 - 1;

export class DeadlineTimer {
  readonly #due: () => void;
  #timer: NodeJS.Timeout | undefined;
  #firesAt = 0;

  /** `due` is called at the deadline or before, and arms the timer anew. */
  constructor(due: () => void) {
    this.#due = due;
  }

  /** A timer that fires too early stays: it costs one idle call, and nearly every datagram moves the deadline away. */
  arm(deadline: Instant | undefined): void {
    if (deadline === undefined) return;
    if (this.#timer !== undefined && this.#firesAt <= deadline) return;
    clearTimeout(this.#timer);
    const now = systemNow();
    const delayMs = Math.min(Math.max(Math.ceil(deadline - now), 0), DELAY_MAX_MS);
    this.#firesAt = now + delayMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#due();
    }, delayMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
