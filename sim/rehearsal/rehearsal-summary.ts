// What several runs of a rehearsal say: medians, and the range that nine of ten further runs are expected in.

import type { PhaseState, RolloutState } from "../../src/fleet/rollout.ts";
import { mean, percentile } from "../tune/sample-statistics.ts";
import type { CellFigures } from "./cell-meters.ts";
import type { PhaseResult, RehearsalResult } from "./rehearsal.ts";

/** Of the values of all runs that have one; nulls where none has. */
export interface Range {
  readonly p5: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
}

/** Plain data, as `--json` prints it; seconds of virtual time. */
export interface PhaseSummary {
  /** In how many runs the phase ended in which state. */
  readonly states: Partial<Readonly<Record<PhaseState, number>>>;
  /** From the roll-out's start. */
  readonly openedAt: Range;
  /** From its opening to its end. */
  readonly seconds: Range;
  /** From its first offer to the last image that was whole. */
  readonly downloadSeconds: Range;
  readonly offered: number;
  readonly confirmed: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly touched: number;
}

export interface RehearsalSummary {
  readonly runs: number;
  /** Whether every run came to an end that nothing had stopped. */
  readonly passed: boolean;
  readonly states: Partial<Readonly<Record<RolloutState, number>>>;
  /** Which thresholds stopped it, and in how many runs. */
  readonly reasons: Partial<Readonly<Record<string, number>>>;
  readonly seconds: Range;
  readonly phases: readonly PhaseSummary[];
  /** In the mean; `touchedMax` in the worst run. */
  readonly devices: {
    readonly touched: number;
    readonly touchedMax: number;
    readonly onNew: number;
    readonly onOld: number;
  };
  readonly bytesPerDevice: { readonly mean: number; readonly max: number };
  /** Each cell, of the runs in the mean; its busiest minute of all. */
  readonly cells: readonly CellFigures[];
}

/** Of at least one run. */
export function summaryOf(results: readonly RehearsalResult[]): RehearsalSummary {
  const average = (value: (result: RehearsalResult) => number) => mean(results.map(value))!;
  return {
    runs: results.length,
    passed: results.every(({ state }) => state === "done"),
    states: countsOf(results.map(({ state }) => state)),
    reasons: countsOf(results.flatMap(({ reason, state }) => (state === "done" ? [] : (reason ?? "not over in time")))),
    seconds: rangeOf(results.flatMap(({ seconds }) => seconds ?? [])),
    phases: results[0]!.phases.map((_, i) => phaseSummary(results.map(({ phases }) => phases[i]!))),
    devices: {
      touched: average(({ devices }) => devices.touched),
      touchedMax: Math.max(...results.map(({ devices }) => devices.touched)),
      onNew: average(({ devices }) => devices.onNew),
      onOld: average(({ devices }) => devices.onOld),
    },
    bytesPerDevice: {
      mean: average(({ bytesPerDevice }) => bytesPerDevice.mean),
      max: Math.max(...results.map(({ bytesPerDevice }) => bytesPerDevice.max)),
    },
    cells: results[0]!.cells.map((_, i) => cellSummary(results.map(({ cells }) => cells[i]!))),
  };
}

function phaseSummary(phases: readonly PhaseResult[]): PhaseSummary {
  const average = (value: (phase: PhaseResult) => number) => mean(phases.map(value))!;
  return {
    states: countsOf(phases.map(({ state }) => state)),
    openedAt: rangeOf(phases.flatMap(({ openedAt }) => openedAt ?? [])),
    seconds: rangeOf(phases.flatMap(({ seconds }) => seconds ?? [])),
    downloadSeconds: rangeOf(phases.flatMap(({ downloadSeconds }) => downloadSeconds ?? [])),
    offered: average(({ offered }) => offered),
    confirmed: average(({ confirmed }) => confirmed),
    failed: average(({ failed }) => failed),
    timedOut: average(({ timedOut }) => timedOut),
    touched: average(({ touched }) => touched),
  };
}

function cellSummary(cells: readonly CellFigures[]): CellFigures {
  return {
    devices: cells[0]!.devices,
    bytes: mean(cells.map(({ bytes }) => bytes))!,
    bytesOfBusiestMinute: Math.max(...cells.map(({ bytesOfBusiestMinute }) => bytesOfBusiestMinute)),
    airtimeSeconds: mean(cells.map(({ airtimeSeconds }) => airtimeSeconds))!,
    airtimeSecondsOfBusiestMinute: Math.max(...cells.map((cell) => cell.airtimeSecondsOfBusiestMinute)),
  };
}

function rangeOf(values: readonly number[]): Range {
  const at = (fraction: number) => percentile(values, fraction) ?? null;
  return { p5: at(0.05), p50: at(0.5), p95: at(0.95) };
}

function countsOf<Name extends string>(names: readonly Name[]): Partial<Record<Name, number>> {
  const counts: Partial<Record<Name, number>> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
