// What a device shall run where no roll-out says so: its product's newest release, or the way back from what nobody shall run.

import type { Releases, Unavailable } from "../firmware/releases.ts";
import type { CheckIn } from "../manifest/check-in.ts";
import { COME_AGAIN_SECONDS } from "../manifest/ticket.ts";
import type { CheckInDecision } from "./ticket-resource.ts";

/** `unixSeconds`: the time, since 1970; `comeAgain`: seconds. A way back comes first: whoever it is for runs what nobody shall run. */
export function newestReleaseFor(
  releases: Pick<Releases, "current" | "wayBack">,
  { product, class: className, sequenceNumber, runningSha256 }: CheckIn,
  unixSeconds: number,
  comeAgain = COME_AGAIN_SECONDS,
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
