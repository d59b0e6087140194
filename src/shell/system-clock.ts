// The monotonic clock of the computer: what the cores get as `now`.

import { type Instant, instant } from "../base/instant.ts";

/** What performance.now() counts from, on the computer's own clock. */
const PROCESS_START_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/**
 * Milliseconds with a fraction; never goes back. It counts from a moment that all processes on one start of the machine
 * share, so that what one of them wrote down means the same to the next.
 */
export function systemNow(): Instant {
  return instant(PROCESS_START_MS + performance.now());
}

/** Seconds since 1970, at that moment of the monotonic clock: whatever was set on the computer's clock meanwhile counts. */
export function systemUnixSeconds(now: Instant): number {
  return Math.floor((Date.now() + now - systemNow()) / 1000);
}
