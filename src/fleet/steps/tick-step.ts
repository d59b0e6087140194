// Time alone: phases that are over, and alerts that come and go.

import type { Alert } from "../alert.ts";
import { alertsOf } from "../alert-rules.ts";
import { alertKey } from "../change-application.ts";
import type { FleetCounts } from "../fleet-event.ts";
import type { Turn } from "./turn.ts";

export function stepTick(turn: Turn, counts: FleetCounts): void {
  for (const [rollout, remaining] of counts.remaining ?? []) {
    const before = turn.fleet.rollouts.get(rollout);
    if (before === undefined || before.eligible === eligibleWith(before.phases, remaining)) continue;
    turn.change({ kind: "counted", rollout, remaining });
  }
  for (const name of turn.fleet.rollouts.keys()) turn.settle(name);
  raiseAndClear(turn, counts);
}

function eligibleWith(phases: readonly { readonly offered: number }[], remaining: number): number {
  return phases.reduce((sum, { offered }) => sum + offered, remaining);
}

function raiseAndClear(turn: Turn, counts: FleetCounts): void {
  const found = new Map<string, Alert>();
  for (const rule of turn.fleet.alertRules.values()) {
    const alerts = alertsOf(rule, turn.fleet, counts, turn.now);
    // What this tick does not tell stands as it stood.
    if (alerts === undefined) continue;
    for (const alert of alerts) found.set(alertKey(alert), alert);
    for (const standing of turn.fleet.alerts.values()) {
      if (standing.rule === rule.name && !found.has(alertKey(standing))) {
        turn.change({ kind: "alertCleared", rule: standing.rule, subject: standing.subject });
      }
    }
  }
  for (const [key, alert] of found) if (!turn.fleet.alerts.has(key)) turn.change({ kind: "alertRaised", alert });
}
