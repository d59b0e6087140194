// What happens to a device of a crowd, as `--json` tells it.

import type { ImageDescription } from "../../device/slots/device-memory.ts";
import type { CrowdEvent } from "./crowd-device.ts";

/** Undefined for what is no news: a check-in without an offer, and what its contact has to tell. */
export function eventReport(event: CrowdEvent): Readonly<Record<string, unknown>> | undefined {
  switch (event.kind) {
    case "offered":
      return { event: "offered", ...imageReport(event.image), size: event.size };
    case "downloaded":
      return { event: "downloaded", slot: event.slot };
    case "bootFailed":
      return { event: "bootFailed" };
    case "contacted":
      return { event: "contacted", seconds: event.ms / 1_000 };
    case "confirmed":
      return { event: "confirmed", ...imageReport(event.image) };
    case "refused":
    case "fellBack":
      return { event: event.kind, reason: event.reason, ...(event.image && imageReport(event.image)) };
    case "contactFailed":
      return { event: "contactFailed", detail: event.detail };
    default:
      return undefined;
  }
}

function imageReport({ version, sequenceNumber }: ImageDescription) {
  return { version, sequenceNumber };
}
