// Prometheus's text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/. No label names a device:
// a million of them would be a million series.

import type { Rollout } from "../fleet/rollout.ts";

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export interface ServerFigures {
  /** What was counted since the start. */
  readonly counters: Readonly<Record<string, number>>;
  /** How full each table is. */
  readonly tables: Readonly<Record<string, number>>;
}

const PHASE_FIGURES = ["offered", "downloading", "installing", "booted", "confirmed", "failed", "timedOut"] as const;

export function metricsText({ counters, tables }: ServerFigures, rollouts: readonly Rollout[]): string {
  const lines = [
    "# HELP narrowboat_events_total What the server counted since its start.",
    "# TYPE narrowboat_events_total counter",
  ];
  for (const [name, count] of Object.entries(counters))
    lines.push(sample("narrowboat_events_total", { event: name }, count));
  lines.push("# HELP narrowboat_table_entries How many entries a table has.", "# TYPE narrowboat_table_entries gauge");
  for (const [name, count] of Object.entries(tables))
    lines.push(sample("narrowboat_table_entries", { table: name }, count));
  lines.push("# HELP narrowboat_rollout_devices Devices of a phase, by what became of them.");
  lines.push("# TYPE narrowboat_rollout_devices gauge");
  for (const { plan, phases } of rollouts) {
    for (const [number, phase] of phases.entries()) {
      for (const state of PHASE_FIGURES) {
        lines.push(
          sample("narrowboat_rollout_devices", { rollout: plan.name, phase: String(number + 1), state }, phase[state]),
        );
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const texts = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}{${texts.join(",")}} ${value}`;
}

function escaped(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}
