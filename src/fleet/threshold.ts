// When a phase is over, and when a roll-out stops itself. Asked after each event that counts and by time, so that neither an
// empty phase nor one whose last device has ended waits for an event that does not come.

import { type Clock, wallTime } from "./clock.ts";
import { compiled } from "./compiled-plan.ts";
import type { FleetChange } from "./fleet-record.ts";
import type { Phase, Rollout } from "./rollout.ts";

/** The next thing to change, in words of records; undefined where all is as it should be. */
export function nextChange(rollout: Rollout, clock: Clock): FleetChange | undefined {
  const { state, plan } = rollout;
  if (state !== "running" && state !== "done") return undefined;
  const failure = failureOf(rollout);
  if (failure !== undefined) return stopped(rollout, failure);
  if (state === "done") return undefined;
  const phase = rollout.phases[rollout.phase]!;
  // The operator who let it go on, or a phase before it, may have left it closed.
  if (phase.state === "waiting") return { kind: "phase", rollout: plan.name, phase: rollout.phase, state: "running" };
  return afterPhase(rollout, phase, clock);
}

/** Why it stops itself: too many failures in one of its phases. */
function failureOf({ plan, phases }: Rollout): string | undefined {
  const { share, minimum, count } = plan.failure;
  for (const [at, phase] of phases.entries()) {
    const failures = failuresOf(phase) - phase.forgiven;
    const known = failures + phase.booted + phase.confirmed;
    const isShare = share !== undefined && failures >= minimum && failures > share * known;
    const isCount = count !== undefined && failures >= count && failures > 0;
    if (isShare || isCount) return `${failures} of ${known} devices failed in phase ${at + 1}`;
  }
  return undefined;
}

export function failuresOf({ failed, timedOut }: Phase): number {
  return failed + timedOut;
}

function stopped({ plan, phases, phase }: Rollout, reason: string): FleetChange {
  const { name, onFailure } = plan;
  if (phases[phase]!.state !== "failed") return { kind: "phase", rollout: name, phase, state: "failed" };
  const state = ({ pause: "paused", abort: "aborted", wayBack: "wayBack" } as const)[onFailure];
  return { kind: "rollout", rollout: name, state, reason };
}

function afterPhase(rollout: Rollout, phase: Phase, clock: Clock): FleetChange | undefined {
  const { plan } = rollout;
  const expected = expectedIn(rollout, rollout.phase);
  const joined = phase.offered - phase.withdrawn;
  const isFull = expected !== undefined && phase.offered >= expected;
  const isOver = isFull || (phase.offered > 0 && isQuiet(rollout, phase, clock));
  // Failures that the operator who let it go on knew of are out of the account.
  const base = (isOver ? joined : Math.max(expected ?? Number.POSITIVE_INFINITY, joined)) - phase.forgiven;
  const needed = Math.ceil(plan.success * base);
  if (phase.confirmed >= needed) return ended(rollout);
  const failures = failuresOf(phase) - phase.forgiven;
  if (base - failures < needed) {
    return stopped(rollout, `${failures} of ${base} devices of phase ${rollout.phase + 1} failed`);
  }
  const isSoaking = isOver && phase.confirmed + failuresOf(phase) + phase.booted === joined;
  const state = isSoaking ? "soaking" : "running";
  return state === phase.state ? undefined : { kind: "phase", rollout: plan.name, phase: rollout.phase, state };
}

function ended({ plan, phase, phases }: Rollout): FleetChange {
  const { state } = phases[phase]!;
  if (state !== "done") return { kind: "phase", rollout: plan.name, phase, state: "done" };
  if (phase + 1 < phases.length) return { kind: "phase", rollout: plan.name, phase: phase + 1, state: "running" };
  return { kind: "rollout", rollout: plan.name, state: "done", reason: undefined };
}

/**
 * How many devices a phase is for, undefined where nobody has counted: of a share somewhat fewer than its part of all, for
 * chance says how many numbers lie below it (two standard deviations).
 */
export function expectedIn({ phases, eligible }: Rollout, at: number): number | undefined {
  const { size } = phases[at]!;
  let before = 0;
  for (const phase of phases.slice(0, at)) before += phase.offered;
  if (size.kind === "count")
    return eligible === undefined ? size.count : Math.min(size.count, Math.max(0, eligible - before));
  if (eligible === undefined) return undefined;
  const all = size.share * eligible;
  return Math.max(0, Math.floor(all - 2 * Math.sqrt(all * (1 - size.share))) - before);
}

/**
 * Nobody new came for as long as the plan has patience, and all that time somebody could have. A phase that nobody joined is
 * never over by this: it would open the next one on no evidence at all.
 */
function isQuiet({ plan }: Rollout, { quietSince }: Phase, clock: Clock): boolean {
  if (quietSince === undefined || clock.time - quietSince < plan.patienceMs) return false;
  const { download } = compiled(plan);
  if (download === undefined) return true;
  return download.openWithin(wallTime(clock, quietSince), clock.wall) >= plan.patienceMs;
}
