// Moments as people read them, in UTC.

import { Temporal } from "temporal-polyfill";

/** ISO 8601, of ms since 1970. */
export function timeText(ms: number): string {
  return Temporal.Instant.fromEpochMilliseconds(Math.round(ms)).toString();
}

/** The day alone. */
export function dayText(ms: number): string {
  return timeText(ms).slice(0, "2026-01-01".length);
}
