// What becomes of a running assignment: each way on, with its deadline, its back-off and its count of attempts.

import { type Assignment, type AssignmentState, type EndState, NEVER } from "../assignment.ts";
import type { RolloutPlan } from "../rollout.ts";
import type { Turn } from "./turn.ts";

/** After a first failed attempt, ms; each further one waits four times as long, up to a day. */
const BACK_OFF_MS = 900_000;
const BACK_OFF_GROWTH = 4;
const BACK_OFF_MAX_MS = 86_400_000;

/** Its roll-out's plan. */
export function planFor(turn: Turn, assignment: Assignment): RolloutPlan {
  return turn.fleet.rollouts.get(assignment.rollout)!.plan;
}

/** Into another state, or on in the same one with a deadline as if it had just come into it. */
export function move(turn: Turn, state: AssignmentState, deadline: number, reason?: string): void {
  const { hasBooted } = turn.assignment!;
  turn.change({
    kind: "moved",
    state,
    deadline,
    notBefore: 0,
    reason,
    hasBooted: hasBooted || state === "booted",
  });
}

export function end(turn: Turn, state: EndState, reason: string | undefined, hasBooted = false): void {
  const { rollout, isStalled } = turn.assignment!;
  if (isStalled) clearStall(turn);
  turn.change({ kind: "ended", state, reason, hasBooted });
  turn.settle(rollout);
}

/** It came to nothing by chance: once more after a while, or where that was the last attempt, `state`. */
export function tryAgainOr(turn: Turn, state: "failed" | "timedOut", reason: string, hasBooted = false): void {
  const assignment = turn.assignment!;
  const { attempts, timeoutMs } = planFor(turn, assignment);
  if (assignment.attempt >= attempts) return end(turn, state, reason, hasBooted);
  const backOff = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * BACK_OFF_GROWTH ** (assignment.attempt - 1));
  defer(turn, reason, turn.time + backOff, turn.time + backOff + timeoutMs, hasBooted);
}

/** Put off until `notBefore`; after `deadline` it is given up. */
export function defer(turn: Turn, reason: string, notBefore: number, deadline = NEVER, hasBooted = false): void {
  const assignment = turn.assignment!;
  if (assignment.isStalled) clearStall(turn);
  turn.change({
    kind: "moved",
    state: "deferred",
    deadline,
    notBefore,
    reason,
    hasBooted: hasBooted || assignment.hasBooted,
  });
}

/** Its transfer goes on, or is over: the alerts about it are. */
export function clearStall(turn: Turn): void {
  turn.change({ kind: "stalled", isStalled: false });
  const { pseudonym } = turn.device!;
  for (const { kind, rule, subject } of turn.fleet.alerts.values()) {
    if (kind === "slowRetrieval" && subject === pseudonym) turn.change({ kind: "alertCleared", rule, subject });
  }
}
