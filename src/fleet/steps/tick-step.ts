// Time alone: phases that are over, and alerts that come and go.

import type { AlertRule } from "../alert.ts";
import { findingsOf } from "../alert-rules.ts";
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
  for (const rule of turn.fleet.alertRules.values()) {
    const findings = findingsOf(rule, turn.fleet, counts, turn.now);
    // What this tick does not tell stands as it stood.
    if (findings === undefined) continue;
    const subjects = new Set(findings.map(({ subject }) => subject));
    for (const { rule: name, subject } of turn.fleet.alerts.values()) {
      if (name === rule.name && !subjects.has(subject)) turn.change({ kind: "alertCleared", rule: name, subject });
    }
    for (const { subject, text } of findings) raise(turn, rule, subject, text);
  }
}

function raise(turn: Turn, { name, kind }: AlertRule, subject: string, text: () => string): void {
  if (turn.fleet.alerts.has(alertKey({ rule: name, subject }))) return;
  turn.change({ kind: "alertRaised", alert: { rule: name, kind, subject, text: text(), since: turn.now } });
}
