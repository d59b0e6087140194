// Which combination to take, and how sure that is. Runs of the same number share their draws over all combinations, so that
// combinations are compared run by run (paired): the runs are drawn again, with replacement, many times over (bootstrap),
// each time the same ones for all combinations, and what comes first in nearly all of these resamples does not come first by
// luck. What differs by so little that no plan depends on it is never told apart: otherwise, with runs enough, a hair would
// decide, and with fewer the seed.

import { Prng } from "../prng.ts";
import { CONFIDENCE } from "./sample-statistics.ts";
import type { Combination, RunResult } from "./tune.ts";

/** What is to be least: the median or the 95th percentile of the times, the mean of joules or of bytes on the air. */
export type Goal = "time" | "p95" | "energy" | "bytes";
export const GOALS: readonly Goal[] = ["time", "p95", "energy", "bytes"];

/** Figures that are nearer than this to one another, as a share, are the same. */
export const TOLERANCE = 0.02;

/** How often the runs are drawn again: a share of them is then good to less than a per cent and a half. */
const RESAMPLES = 1_000;

export interface Recommendation {
  /** The place of the combination to take. */
  readonly place: number;
  /** The places of all that cannot be told apart from the best, the recommended one among them, in order. */
  readonly equals: readonly number[];
  /** In which share of the resamples one of `equals` was best; null when there was nothing to compare it with. */
  readonly sureness: number | null;
}

/**
 * The best by `goal` of the combinations whose runs all completed; where there is none, of those that complete as often as
 * the one of which most did, as far as can be told. What is as good as the best, within TOLERANCE, in more than the share
 * 1 - CONFIDENCE of the resamples cannot be told apart from it: of these the cheapest. Undefined when no run completed.
 * `results[i]` has the runs of `combinations[i]`.
 */
export function recommendationOf(
  combinations: readonly Combination[],
  results: readonly (readonly RunResult[])[],
  goal: Goal,
): Recommendation | undefined {
  const resamples = resamplesOf(results[0]?.length ?? 0);
  const places = candidates(results, resamples);
  if (places.length === 0) return undefined;
  const figures = places.map((place) => figuresOf(results[place]!, goal, resamples));
  const [best] = lowest(figures.map(({ seen }) => seen));
  const equal = figures.map(({ drawn }) => {
    const limits = figures[best]!.drawn;
    return isUsual(drawn, (figure, resample) => figure <= limits[resample]! * (1 + TOLERANCE));
  });
  const equals = places.filter((_, i) => equal[i]);
  const sure = resamples.filter((_, resample) =>
    lowest(figures.map(({ drawn }) => drawn[resample]!)).some((i) => equal[i]),
  );
  return {
    place: cheapest(combinations, results, equals, goal),
    equals,
    sureness: places.length === 1 ? null : sure.length / resamples.length,
  };
}

/** The places of those that always complete, or else of those that do so most often and cannot be told apart in that. */
function candidates(results: readonly (readonly RunResult[])[], resamples: readonly Uint16Array[]): readonly number[] {
  const counts = results.map((runs) => {
    const completed = runs.flatMap((run, i) => (run.completed ? [i] : []));
    const drawn = resamples.map((times) => completed.reduce((sum, run) => sum + times[run]!, 0));
    return { seen: completed.length, isAll: completed.length === runs.length, drawn };
  });
  const placesWhere = (holds: (count: (typeof counts)[number]) => boolean) =>
    counts.flatMap((count, place) => (holds(count) ? [place] : []));
  const always = placesWhere(({ isAll }) => isAll);
  const most = counts.find(({ seen }) => seen === Math.max(...counts.map((count) => count.seen)));
  if (always.length > 0 || most === undefined || most.seen === 0) return always;
  return placesWhere(({ drawn }) => isUsual(drawn, (count, i) => count >= most.drawn[i]! * (1 - TOLERANCE)));
}

/** Whether something holds in more resamples than chance may make it hold in. */
function isUsual(drawn: readonly number[], holds: (value: number, resample: number) => boolean): boolean {
  return drawn.filter(holds).length > (1 - CONFIDENCE) * drawn.length;
}

/**
 * The cheapest: the fewest bytes on the air, and where bytes are the goal the least energy; of those that are the same in this
 * too, the one that sends least often by its settings: the largest blocks, then the longest timer, then the smallest window.
 */
function cheapest(
  combinations: readonly Combination[],
  results: readonly (readonly RunResult[])[],
  places: readonly number[],
  goal: Goal,
): number {
  const costs = places.map((place) => figuresOf(results[place]!, goal === "bytes" ? "energy" : "bytes", []).seen);
  const cheap = places.filter((_, i) => costs[i]! <= Math.min(...costs) * (1 + TOLERANCE));
  return cheap.reduce((best, place) => (sendsLess(combinations[place]!, combinations[best]!) ? place : best));
}

function sendsLess(one: Combination, other: Combination): boolean {
  const differences = [
    sizeOf(one.blockSize) - sizeOf(other.blockSize),
    one.ackTimeoutSeconds - other.ackTimeoutSeconds,
    sizeOf(other.window) - sizeOf(one.window),
  ];
  return (differences.find((difference) => difference !== 0) ?? 0) > 0;
}

/** What a device chooses itself counts as more than any setting. */
function sizeOf(setting: number | "auto"): number {
  return setting === "auto" ? Number.MAX_SAFE_INTEGER : setting;
}

/** How often each of `runs` runs is drawn, resample by resample. */
function resamplesOf(runs: number): readonly Uint16Array[] {
  // Of a seed of its own: the same results give the same answer, whatever seed they are from.
  const random = new Prng(0);
  return Array.from({ length: RESAMPLES }, () => {
    const times = new Uint16Array(runs);
    for (let i = 0; i < runs; i++) times[random.below(runs)]!++;
    return times;
  });
}

/** Where the least of them stand. */
function lowest(figures: readonly number[]): [number, ...number[]] {
  const least = Math.min(...figures);
  return figures.flatMap((figure, i) => (figure === least ? [i] : [])) as [number, ...number[]];
}

/** What the completed ones of some runs come to: all of them, and those of each resample (infinite where none is). */
function figuresOf(
  results: readonly RunResult[],
  goal: Goal,
  resamples: readonly Uint16Array[],
): { readonly seen: number; readonly drawn: readonly number[] } {
  const runs = results.flatMap((result, run) => (result.completed ? [{ run, value: valueFor(result, goal) }] : []));
  runs.sort((one, other) => one.value - other.value);
  const figure = (times: Uint16Array): number => {
    const total = runs.reduce((sum, { run }) => sum + times[run]!, 0);
    if (total === 0) return Number.POSITIVE_INFINITY;
    if (goal === "time") return percentileOf(runs, times, (total - 1) * 0.5);
    if (goal === "p95") return percentileOf(runs, times, (total - 1) * 0.95);
    return runs.reduce((sum, { run, value }) => sum + times[run]! * value, 0) / total;
  };
  return { seen: figure(new Uint16Array(results.length).fill(1)), drawn: resamples.map(figure) };
}

/** As `percentile` has it, at this position among the values in order, each as often as its run was drawn. */
function percentileOf(
  runs: readonly { readonly run: number; readonly value: number }[],
  times: Uint16Array,
  position: number,
): number {
  const below = Math.floor(position);
  let passed = 0;
  let low: number | undefined;
  for (const { run, value } of runs) {
    passed += times[run]!;
    if (passed > below) low ??= value;
    if (passed > Math.ceil(position)) return low! + (value - low!) * (position - below);
  }
  return low!;
}

function valueFor(result: RunResult, goal: Goal): number {
  if (goal === "energy") return result.energyJoules;
  return goal === "bytes" ? result.bytesUp + result.bytesDown : result.seconds;
}
