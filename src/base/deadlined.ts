// Whatever has to be woken: one deadline at a time, asked for after each step. test/base/deadlined.test.ts drives everything
// that has one, since a deadline that stays where it is makes whoever waits for it spin.

import type { Instant } from "./instant.ts";

export interface Deadlined {
  /** Does what is due by now. An early call does no harm. */
  handleTimeout(now: Instant): void;
  /** When handleTimeout has work to do; undefined when never. After it was called at that time, this is later, or undefined. */
  pollTimeout(): Instant | undefined;
}
