// What a change makes of the fleet and of its device's assignment: in a step and in a replay alike.

import { assert, unreachable } from "../base/assert.ts";
import { afterAction, changed, inState, withEntry, without } from "./action-application.ts";
import { type Assignment, type AssignmentState, isDownloading, type PastAssignment } from "./assignment.ts";
import { withClaim } from "./cell-load.ts";
import { PAST_MAX } from "./device.ts";
import type { Fleet } from "./fleet.ts";
import type { FleetChange } from "./fleet-record.ts";
import { tokensAt } from "./pace.ts";
import type { Phase, PhaseCounters, PhaseState, Rollout, RolloutState } from "./rollout.ts";

/** What records say of a device. */
export interface Assigned {
  readonly assignment: Assignment | undefined;
  readonly past: readonly PastAssignment[];
}

export const UNASSIGNED: Assigned = { assignment: undefined, past: [] };

export interface Applied {
  readonly fleet: Fleet;
  readonly own: Assigned;
}

/** `time` is the fleet's. */
export function applied(fleet: Fleet, own: Assigned, change: FleetChange, time: number): Applied {
  switch (change.kind) {
    case "acted":
      return { fleet: afterAction(fleet, change.person, change.action, time), own };
    case "assigned":
      return afterAssigned(fleet, own, change, time);
    case "ended":
      return afterEnd(fleet, own, change, time);
    case "moved":
    case "offeredAgain":
    case "contacted":
    case "claimed":
    case "stalled":
      return afterNews(fleet, own, change, time);
    case "phase":
      return {
        fleet: changed(fleet, change.rollout, (rollout) => withPhaseState(rollout, change.phase, change.state, time)),
        own,
      };
    case "rollout":
      return { fleet: withRolloutState(fleet, change.rollout, change.state, change.reason, time), own };
    case "counted":
      return { fleet: changed(fleet, change.rollout, (rollout) => withRemaining(rollout, change.remaining)), own };
    case "alertRaised":
      return { fleet: { ...fleet, alerts: withEntry(fleet.alerts, alertKey(change.alert), change.alert) }, own };
    case "alertCleared":
      return { fleet: { ...fleet, alerts: without(fleet.alerts, alertKey(change)) }, own };
    default:
      return unreachable(change);
  }
}

/** Of what stands for one rule and one subject. */
export function alertKey({ rule, subject }: { readonly rule: string; readonly subject: string }): string {
  return `${rule} ${subject}`;
}

type Change<Kind extends FleetChange["kind"]> = Extract<FleetChange, { readonly kind: Kind }>;

function afterAssigned(fleet: Fleet, { past }: Assigned, change: Change<"assigned">, time: number): Applied {
  const { rollout, direction, phase, target, holds, cell, claim, deadline } = change;
  const assignment: Assignment = {
    rollout,
    direction,
    phase,
    target,
    holds,
    state: "offered",
    since: time,
    offeredAt: time,
    attempt: 1,
    deadline,
    notBefore: 0,
    contacts: 0,
    bootedAt: undefined,
    hasBooted: false,
    reason: undefined,
    cell,
    claim,
    isStalled: false,
  };
  const loads = withClaim(fleet.loads, cell, claim, 1);
  const counted = changed(fleet, rollout, (before) =>
    direction === "back" ? backBegun(before) : joined(before, phase, time),
  );
  return { fleet: { ...counted, loads }, own: { assignment, past } };
}

function joined(rollout: Rollout, at: number, time: number): Rollout {
  const paid = { ...rollout, tokens: rollout.plan.pace ? tokensAt(rollout, time) - 1 : rollout.tokens, tokensAt: time };
  return withPhase(paid, at, (phase) => ({ ...phase, offered: phase.offered + 1, quietSince: time }));
}

function backBegun(rollout: Rollout): Rollout {
  return { ...rollout, back: { ...rollout.back, offered: rollout.back.offered + 1 } };
}

function afterNews(
  fleet: Fleet,
  own: Assigned,
  change: Change<"moved" | "offeredAgain" | "contacted" | "claimed" | "stalled">,
  time: number,
): Applied {
  const before = own.assignment;
  assert(before !== undefined, "a change of an assignment is of one that runs");
  const after = assignmentAfter(before, change, time);
  return { fleet: recounted(withLoads(fleet, before, after), before, after), own: { ...own, assignment: after } };
}

function assignmentAfter(before: Assignment, change: Parameters<typeof afterNews>[2], time: number): Assignment {
  switch (change.kind) {
    case "moved": {
      const { state, deadline, notBefore, reason } = change;
      const hasMoved = state !== before.state;
      const bootedAt = state === "booted" ? (before.bootedAt ?? time) : before.bootedAt;
      const contacts = hasMoved && state === "booted" ? 1 : before.contacts;
      const hasBooted = before.hasBooted || change.hasBooted;
      const since = hasMoved ? time : before.since;
      return { ...before, state, deadline, notBefore, reason, bootedAt, hasBooted, contacts, since };
    }
    case "offeredAgain": {
      const { target, attempt, cell, claim, deadline } = change;
      const again = { target, attempt, cell, claim, deadline, notBefore: 0, reason: undefined, isStalled: false };
      return { ...before, ...again, state: "offered", since: time, offeredAt: time, contacts: 0, bootedAt: undefined };
    }
    case "contacted":
      return { ...before, contacts: before.contacts + 1 };
    case "claimed":
      return { ...before, claim: change.claim };
    case "stalled":
      return { ...before, isStalled: change.isStalled };
  }
}

function afterEnd(fleet: Fleet, own: Assigned, { state, reason, hasBooted }: Change<"ended">, time: number): Applied {
  const { assignment } = own;
  assert(assignment !== undefined, "what ends runs");
  const { rollout, direction, phase, target, attempt } = assignment;
  const booted = hasBooted || assignment.hasBooted;
  const ended: PastAssignment = {
    rollout,
    direction,
    phase,
    target,
    state,
    reason,
    attempts: attempt,
    endedAt: time,
    hasBooted: booted,
  };
  const counted = changed(withLoads(fleet, assignment, undefined), rollout, (before) => {
    if (direction === "back") return backEnded(before, state === "confirmed");
    return withPhase(before, phase, (counters) => endCounted(counters, assignment, state, booted));
  });
  return { fleet: counted, own: { assignment: undefined, past: [ended, ...own.past].slice(0, PAST_MAX) } };
}

function endCounted(phase: Phase, before: Assignment, state: PastAssignment["state"], booted: boolean): Phase {
  const left = withCount(phase, before.state, -1);
  const touched = left.touched + (booted && !before.hasBooted ? 1 : 0);
  const key = state === "cancelled" || state === "superseded" ? "withdrawn" : state;
  return { ...left, touched, [key]: left[key] + 1 };
}

function backEnded(rollout: Rollout, isConfirmed: boolean): Rollout {
  const { back } = rollout;
  const key = isConfirmed ? "confirmed" : "failed";
  return { ...rollout, back: { ...back, [key]: back[key] + 1 } };
}

/** What it carries changes when a download begins, ends, or was measured to take something else. */
function withLoads(fleet: Fleet, before: Assignment, after: Assignment | undefined): Fleet {
  const was = isDownloading(before.state);
  const is = after !== undefined && isDownloading(after.state);
  if (was && is && before.claim === after.claim && before.cell === after.cell) return fleet;
  let { loads } = fleet;
  if (was) loads = withClaim(loads, before.cell, before.claim, -1);
  if (is) loads = withClaim(loads, after.cell, after.claim, 1);
  return loads === fleet.loads ? fleet : { ...fleet, loads };
}

function recounted(fleet: Fleet, before: Assignment, after: Assignment): Fleet {
  if (before.direction === "back" || (before.state === after.state && before.hasBooted === after.hasBooted))
    return fleet;
  const isFirstBoot = after.hasBooted && !before.hasBooted;
  return changed(fleet, before.rollout, (rollout) =>
    withPhase(rollout, before.phase, (phase) => {
      const moved = withCount(withCount(phase, before.state, -1), after.state, 1);
      return isFirstBoot ? { ...moved, touched: moved.touched + 1 } : moved;
    }),
  );
}

const COUNTER: Partial<Record<AssignmentState, keyof PhaseCounters>> = {
  downloading: "downloading",
  downloaded: "installing",
  installing: "installing",
  booted: "booted",
};

function withCount<Counters extends PhaseCounters>(counters: Counters, state: AssignmentState, by: number): Counters {
  const key = COUNTER[state];
  return key === undefined ? counters : { ...counters, [key]: counters[key] + by };
}

function withPhase(rollout: Rollout, at: number, change: (phase: Phase) => Phase): Rollout {
  return { ...rollout, phases: rollout.phases.with(at, change(rollout.phases[at]!)) };
}

function withPhaseState(rollout: Rollout, at: number, state: PhaseState, time: number): Rollout {
  const opens = state === "running" && rollout.phases[at]!.state === "waiting";
  const ends = state === "done" || state === "failed";
  const changed = withPhase(rollout, at, (phase) => ({
    ...phase,
    state,
    openedAt: opens ? time : phase.openedAt,
    quietSince: opens ? time : phase.quietSince,
    endedAt: ends ? time : undefined,
  }));
  return opens ? { ...changed, phase: at } : changed;
}

function withRolloutState(
  fleet: Fleet,
  name: string,
  state: RolloutState,
  reason: string | undefined,
  time: number,
): Fleet {
  const after = changed(fleet, name, (rollout) => inState(rollout, state, reason, time));
  return state === "done" ? withSuccessor(after, after.rollouts.get(name)!) : after;
}

/** Newcomers get what is newest of what is done: earlier roll-outs for the same group bring nothing any more. */
function withSuccessor(fleet: Fleet, { plan }: Rollout): Fleet {
  const ours = numberOf(fleet, plan.product, plan.version);
  let rollouts: Map<string, Rollout> | undefined;
  for (const [name, other] of fleet.rollouts) {
    const isSame = other.plan.product === plan.product && other.plan.where === plan.where && name !== plan.name;
    if (!isSame || other.state !== "done" || numberOf(fleet, plan.product, other.plan.version) >= ours) continue;
    rollouts ??= new Map(fleet.rollouts);
    rollouts.set(name, { ...other, succeededBy: plan.name });
  }
  return rollouts === undefined ? fleet : { ...fleet, rollouts };
}

/** The highest sequence number of a version, over its classes. */
function numberOf({ releases }: Fleet, product: string, version: string): number {
  let highest = 0;
  for (const release of releases.values()) {
    const isIt = release.product === product && release.version === version && release.forRunning === undefined;
    if (isIt) highest = Math.max(highest, release.sequenceNumber);
  }
  return highest;
}

function withRemaining(rollout: Rollout, remaining: number): Rollout {
  let offered = 0;
  for (const phase of rollout.phases) offered += phase.offered;
  return { ...rollout, eligible: offered + remaining };
}
