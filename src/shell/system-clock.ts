// The monotonic clock of the computer: what the cores get as `now`.

import { type Instant, instant } from "../base/instant.ts";

/** Milliseconds since the process began, with a fraction; never goes back. */
export function systemNow(): Instant {
  return instant(performance.now());
}
