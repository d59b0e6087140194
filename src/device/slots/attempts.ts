// How often a release that comes to nothing is tried.

import type { Reason } from "../../manifest/reason.ts";
import type { Attempts } from "./device-memory.ts";

/** What hardly is the release's own fault: it may be tried again. */
const IS_CHANCE: ReadonlySet<Reason> = new Set<Reason>(["noContact", "powerLost", "digestDiffers", "storageFailed"]);

/** What is remembered once the release has come to nothing once more, of `retriesMax` times in all. */
export function attemptsAfter(
  before: Attempts | undefined,
  sequenceNumber: number,
  reason: Reason,
  retriesMax: number,
): Attempts {
  const count = (before?.sequenceNumber === sequenceNumber ? before.count : 0) + 1;
  return { sequenceNumber, count, reason, isOver: !IS_CHANCE.has(reason) || count >= retriesMax };
}
