// What each rule finds. A rule whose figures were not counted this time says nothing.

import type { AlertRule } from "./alert.ts";
import { wallTime } from "./clock.ts";
import type { Fleet } from "./fleet.ts";
import type { FleetCounts } from "./fleet-event.ts";
import type { Rollout } from "./rollout.ts";
import { failuresOf } from "./threshold.ts";
import { dayText, timeText } from "./time-text.ts";

/** Fewer ended assignments make no share. */
const SHARE_MINIMUM = 10;

export interface Finding {
  /** What it is about, see Alert. */
  readonly subject: string;
  text(): string;
}

/** Undefined where it cannot be told now. */
export function findingsOf(
  rule: AlertRule,
  fleet: Fleet,
  counts: FleetCounts,
  now: number,
): readonly Finding[] | undefined {
  switch (rule.kind) {
    case "failureShare":
      return ofRollouts(rule, fleet).flatMap((rollout) => failing(rule, rollout));
    case "stalledPhase":
      return ofRollouts(rule, fleet).flatMap((rollout) => stalled(rule, fleet, rollout));
    case "silentDevices":
      return (
        counts.silent && [...counts.silent].filter(isMeant).flatMap(([product, count]) => silent(rule, product, count))
      );
    case "supportEnding":
      return [...fleet.products.values()].flatMap(({ name, supportEndsAt }) => {
        const isEnding = isMeant([name]) && supportEndsAt !== undefined && supportEndsAt - now <= rule.threshold;
        if (!isEnding) return [];
        return [
          {
            subject: name,
            text: () => `the support period of ${name} ends on ${dayText(supportEndsAt)}`,
          },
        ];
      });
    case "logBehind":
      return counts.logBehindMs === undefined ? undefined : behind(rule, counts.logBehindMs);
    case "slowRetrieval":
      // Raised with the device's own news, see step.ts.
      return undefined;
  }

  function isMeant([product]: readonly [string, ...unknown[]]): boolean {
    return rule.product === undefined || rule.product === product;
  }
}

function ofRollouts({ product }: AlertRule, { rollouts }: Fleet): readonly Rollout[] {
  return [...rollouts.values()].filter(({ plan, state }) => {
    return (product === undefined || plan.product === product) && (state === "running" || state === "paused");
  });
}

function failing({ threshold }: AlertRule, { plan, phases }: Rollout): readonly Finding[] {
  const failures = phases.reduce((sum, phase) => sum + failuresOf(phase), 0);
  const ended = phases.reduce((sum, phase) => sum + failuresOf(phase) + phase.confirmed + phase.booted, 0);
  if (ended < SHARE_MINIMUM || failures <= threshold * ended) return [];
  return [{ subject: plan.name, text: () => `${failures} of ${ended} devices failed in roll-out ${plan.name}` }];
}

function stalled(
  { threshold }: AlertRule,
  { clock }: Fleet,
  { plan, phases, phase, state }: Rollout,
): readonly Finding[] {
  const open = phases[phase];
  if (state !== "running" || open?.quietSince === undefined || clock.time - open.quietSince <= threshold) return [];
  const since = wallTime(clock, open.quietSince);
  return [
    {
      subject: plan.name,
      text: () => `phase ${phase + 1} of roll-out ${plan.name} has had no new device since ${timeText(since)}`,
    },
  ];
}

function silent({ threshold }: AlertRule, product: string, count: number): readonly Finding[] {
  return count <= threshold ? [] : [{ subject: product, text: () => `${count} devices of ${product} are silent` }];
}

function behind({ threshold }: AlertRule, ms: number): readonly Finding[] {
  if (ms <= threshold) return [];
  return [{ subject: "", text: () => `the registry has not been signed for ${Math.round(ms / 60_000)} minutes` }];
}
