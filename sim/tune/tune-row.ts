// What the runs of a combination come to, as `narrowboat tune --json` prints it, and which combination to take.

import { type CombinationRow, combinationRow, type FigureCounts, figureCounts } from "./combination-row.ts";
import { leastPhysicalLimitSeconds } from "./physical-limit.ts";
import { type Goal, recommendationOf } from "./recommendation.ts";
import {
  furtherCountInterval,
  furtherMedianInterval,
  mean,
  medianInterval,
  mostFrequent,
  percentile,
} from "./sample-statistics.ts";
import type { Combination, RunResult } from "./tune.ts";

/** As many updates of real devices as somebody has the patience to measure. */
export const REAL_UPDATES = 20;

/**
 * One combination. All figures but `runs` and `completed` are of completed runs alone, and null when there is none.
 * `seconds` has percentiles, the mean, and the 95 % confidence interval of the median (order statistics, for any
 * distribution; the whole range below six runs); all other figures are means for an update. `again` is what REAL_UPDATES
 * of real devices come to in 95 of 100 cases, if the profile is true: what a measurement is compared with. Bytes are those
 * on the air between the device and its neighbour, which a SIM card is billed for.
 */
export interface TuneRow extends CombinationRow {
  readonly runs: number;
  readonly completed: number;
  readonly seconds: {
    readonly p50: number | null;
    readonly p50Low: number | null;
    readonly p50High: number | null;
    readonly p95: number | null;
    readonly mean: number | null;
  };
  readonly again: {
    /** How many of them end. */
    readonly completedLow: number;
    readonly completedHigh: number;
    /** The median of those that end, seconds. */
    readonly p50Low: number | null;
    readonly p50High: number | null;
  };
  readonly bytesUp: number | null;
  readonly bytesDown: number | null;
  /** On a mesh's other hops, both directions. */
  readonly bytesOtherHops: number | null;
  readonly requests: number | null;
  readonly retransmissions: { readonly needed: number | null; readonly spurious: number | null };
  readonly energyJoules: number | null;
  /** Out of a battery of the profile's voltage; null where the profile has no voltage. */
  readonly energyMilliampHours: number | null;
  readonly dutyCycleWaitSeconds: number | null;
  /** The least time that this image can take over this link, at the block size that is best for it. */
  readonly limitSeconds: number;
  readonly figures: FigureCounts;
  /** Why most of the runs that did not complete ended; "" when all completed. */
  readonly failure: string;
  /** By what the recommended row is best. */
  readonly goal: Goal;
  readonly recommended: boolean;
  /** Whether it cannot be told apart from the best of its profile. */
  readonly asGoodAsBest: boolean;
  /** In which share of resamples one of those that cannot be told apart was best; null without others to compare. */
  readonly sureness: number | null;
}

/**
 * `results[i]` has the runs of `combinations[i]`, run by run on the same draws as those of the others; the combinations of
 * a profile stand together.
 */
export function tuneRows(
  combinations: readonly Combination[],
  results: readonly (readonly RunResult[])[],
  goal: Goal = "time",
): readonly TuneRow[] {
  const names = [...new Set(combinations.map(({ profile }) => profile.name))];
  return names.flatMap((name) => {
    const places = combinations.flatMap(({ profile }, place) => (profile.name === name ? [place] : []));
    const own = places.map((place) => combinations[place]!);
    const ownResults = places.map((place) => results[place] ?? []);
    const best = recommendationOf(own, ownResults, goal);
    return own.map((combination, i) => ({
      ...rowFor(combination, ownResults[i]!),
      goal,
      recommended: best?.place === i,
      asGoodAsBest: best?.equals.includes(i) ?? false,
      sureness: best?.sureness ?? null,
    }));
  });
}

function rowFor(
  combination: Combination,
  results: readonly RunResult[],
): Omit<TuneRow, "goal" | "recommended" | "asGoodAsBest" | "sureness"> {
  const { profile, imageLength } = combination;
  const done = results.filter(({ completed }) => completed);
  const seconds = done.map((result) => result.seconds);
  const interval = medianInterval(seconds);
  const again = furtherMedianInterval(seconds, REAL_UPDATES);
  const completed = furtherCountInterval(done.length, results.length, REAL_UPDATES);
  const meanOf = (figure: (result: RunResult) => number) => mean(done.map(figure)) ?? null;
  const energyJoules = meanOf((result) => result.energyJoules);
  return {
    ...combinationRow(combination),
    runs: results.length,
    completed: done.length,
    seconds: {
      p50: percentile(seconds, 0.5) ?? null,
      p50Low: interval?.low ?? null,
      p50High: interval?.high ?? null,
      p95: percentile(seconds, 0.95) ?? null,
      mean: mean(seconds) ?? null,
    },
    again: {
      completedLow: completed.low,
      completedHigh: completed.high,
      p50Low: again?.low ?? null,
      p50High: again?.high ?? null,
    },
    bytesUp: meanOf(({ bytesUp }) => bytesUp),
    bytesDown: meanOf(({ bytesDown }) => bytesDown),
    bytesOtherHops: meanOf(({ bytesOtherHops }) => bytesOtherHops),
    requests: meanOf(({ requests }) => requests),
    retransmissions: { needed: meanOf(({ needed }) => needed), spurious: meanOf(({ spurious }) => spurious) },
    energyJoules,
    energyMilliampHours: milliampHours(energyJoules, profile.energy.supplyVolts),
    dutyCycleWaitSeconds: meanOf(({ dutyCycleWaitSeconds }) => dutyCycleWaitSeconds),
    limitSeconds: leastPhysicalLimitSeconds(profile, imageLength),
    figures: figureCounts(profile),
    failure: mostFrequent(results.filter(({ completed }) => !completed).map(({ failure }) => failure)),
  };
}

function milliampHours(joules: number | null, volts: number | undefined): number | null {
  return joules === null || volts === undefined ? null : joules / volts / 3.6;
}
