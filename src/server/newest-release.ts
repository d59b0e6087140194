// What a device shall run where no roll-out says so: its product's newest release, or the way back from what nobody shall run.

import type { Releases, Unavailable } from "../firmware/releases.ts";
import type { CheckIn } from "../manifest/check-in.ts";
import type { CheckInDecision } from "./ticket-resource.ts";

/** Seconds after which a device is expected again, counted from its own check-in, so that a fleet stays spread. */
export const COME_AGAIN = 21_600;

/** `unixSeconds`: the time, since 1970; `comeAgain`: seconds. A way back comes first: whoever it is for runs what nobody shall run. */
export function newestReleaseFor(
  releases: Pick<Releases, "current" | "wayBack">,
  { product, class: className, sequenceNumber, runningSha256 }: CheckIn,
  unixSeconds: number,
  comeAgain = COME_AGAIN,
): CheckInDecision | Unavailable {
  const back = runningSha256 && releases.wayBack(product, className, runningSha256);
  const current = releases.current(product, className);
  if (back === "unavailable" || current === "unavailable") return "unavailable";
  for (const release of [back, current]) {
    const isGood = release?.notAfter === undefined || release.notAfter >= unixSeconds;
    if (release !== undefined && isGood && release.sequenceNumber > sequenceNumber) {
      return { offered: release.digest, comeAgain };
    }
  }
  return { comeAgain };
}
