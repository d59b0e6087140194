// Time is over for an assignment, or its roll-out was stopped while it ran.

import { type Assignment, isDownloading } from "../assignment.ts";
import { compiled } from "../compiled-plan.ts";
import { defer, end, move, planFor, tryAgainOr } from "./progress.ts";
import type { Turn } from "./turn.ts";

export function stepDue(turn: Turn): void {
  const { assignment } = turn;
  if (assignment === undefined) return;
  const { state } = turn.fleet.rollouts.get(assignment.rollout)!;
  if (assignment.direction === "forward" && mayBeStopped(assignment)) {
    if (state === "aborted" || state === "wayBack") {
      turn.isCut = isDownloading(assignment.state);
      return end(turn, "cancelled", state);
    }
    if (state === "paused" && assignment.state !== "deferred") {
      turn.isCut = isDownloading(assignment.state);
      return defer(turn, "paused", 0);
    }
  }
  if (turn.time >= assignment.deadline) handleDeadline(turn, assignment);
}

/** What has begun to install is not called back: its device may be between two images. */
function mayBeStopped({ state }: Assignment): boolean {
  return isDownloading(state) || state === "downloaded" || state === "deferred";
}

function handleDeadline(turn: Turn, assignment: Assignment): void {
  const plan = planFor(turn, assignment);
  const { transfer } = turn.device!;
  switch (assignment.state) {
    case "downloading": {
      // As long as there is something new it may take what time it takes.
      const deadline = (transfer?.target === assignment.target ? transfer.advancedAt : 0) + plan.timeoutMs;
      if (deadline > turn.time) return move(turn, "downloading", deadline);
      return tryAgainOr(turn, "timedOut", "noProgress");
    }
    case "offered":
      return tryAgainOr(turn, "timedOut", "notBegun");
    case "downloaded": {
      // It waits for a window: its time begins when that has opened and closed.
      const span = compiled(plan).install?.at(turn.now);
      if (span !== undefined && !span.isOpen) return move(turn, "downloaded", turn.time + plan.timeoutMs);
      return end(turn, "timedOut", "notInstalled");
    }
    case "installing":
      return end(turn, "timedOut", "notBooted");
    case "booted":
      return end(turn, "timedOut", "silentWhileSoaking");
    default:
      return end(turn, "timedOut", assignment.reason);
  }
}
