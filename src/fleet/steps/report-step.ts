// A device reports: from the image on trial that it is there, and afterwards how it went. Nothing that is reported is success:
// that takes contacts of the new image itself, with its digest, while it soaks.

import type { InstallReport } from "../../manifest/install-report.ts";
import { type Reason, UpdateResult, UpdateState } from "../../manifest/reason.ts";
import { contact } from "./check-in-step.ts";
import { defer, end, tryAgainOr } from "./progress.ts";
import type { Turn } from "./turn.ts";

/** What hardly is the release's fault: it may be offered again. */
const IS_CHANCE: ReadonlySet<string> = new Set<Reason>([
  "noContact",
  "powerLost",
  "digestDiffers",
  "storageFailed",
  "ticketExpired",
]);

/** Reasons of which one knows that the new image has run. */
const HAS_RUN: ReadonlySet<string> = new Set<Reason>(["healthCheckFailed", "noContact", "powerLost"]);

/** A user who puts it off without a word of how long is asked again after a day, ms. */
const DEFERRED_MS = 86_400_000;

export function stepReport(turn: Turn, report: InstallReport): void {
  const { device } = turn;
  // Devices appear by their check-ins, which say what they are.
  if (device === undefined) return;
  const { state, result, reason } = report;
  turn.device = { ...device, lastContactAt: turn.now, report: { state, result, reason, at: turn.now } };
  const target = device.assignment && turn.fleet.releases.get(device.assignment.target);
  if (target === undefined || report.sequenceNumber !== target.sequenceNumber) return;
  if (result === UpdateResult.SUCCESS || (result === UpdateResult.INITIAL && state === UpdateState.UPDATING)) {
    return handleBooted(turn);
  }
  if (result !== UpdateResult.INITIAL) handleFailure(turn, result, reason);
}

/** Only what was offered by a roll-out's own target counts as a boot: what had to come before it is on its way still. */
function handleBooted(turn: Turn): void {
  const { rollout, direction, target } = turn.assignment!;
  const { plan } = turn.fleet.rollouts.get(rollout)!;
  if (direction === "forward" && turn.fleet.releases.get(target)!.version === plan.version) contact(turn);
}

function handleFailure(turn: Turn, result: number, reason = `result${result}`): void {
  const assignment = turn.assignment!;
  const hasRun = HAS_RUN.has(reason);
  if (result === UpdateResult.CANCELLED) return end(turn, "cancelled", "byUser", hasRun);
  if (result === UpdateResult.DEFERRED)
    return defer(turn, "byUser", turn.time + DEFERRED_MS, turn.time + 31 * DEFERRED_MS);
  // A server that holds back what others were offered is no failure of this release.
  if (reason === "frozen") return;
  if (IS_CHANCE.has(reason) || result === UpdateResult.CONNECTION_LOST) tryAgainOr(turn, "failed", reason, hasRun);
  else end(turn, "failed", reason, hasRun);
  turn.settle(assignment.rollout);
}
