// What the runs of a combination come to, as `narrowboat tune --json` prints it, and which combination to take.

import { leastPhysicalLimitSeconds } from "./physical-limit.ts";
import { furtherCountInterval, furtherMedianInterval, mean, medianInterval, percentile } from "./sample-statistics.ts";
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
export interface TuneRow {
  readonly profile: string;
  readonly device: string;
  /** Bytes. */
  readonly imageLength: number;
  readonly blockSize: number | "auto";
  readonly ackTimeoutSeconds: number;
  readonly window: number | "auto";
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
  /** Why most of the runs that did not complete ended; "" when all completed. */
  readonly failure: string;
  readonly recommended: boolean;
}

/** `results[i]` has the runs of `combinations[i]`; the combinations of a profile stand together. */
export function tuneRows(
  combinations: readonly Combination[],
  results: readonly (readonly RunResult[])[],
): readonly TuneRow[] {
  const rows = combinations.map((combination, i) => rowFor(combination, results[i] ?? []));
  return rowsByProfile(rows).flatMap((group) => {
    const best = bestOf(group);
    return group.map((row) => ({ ...row, recommended: row === best }));
  });
}

/** The rows of each profile, in the order in which they come. */
export function rowsByProfile(rows: readonly TuneRow[]): readonly (readonly TuneRow[])[] {
  const names = [...new Set(rows.map(({ profile }) => profile))];
  return names.map((name) => rows.filter(({ profile }) => profile === name));
}

/**
 * Most runs completed, then the least median; where others' medians lie within the confidence interval of that one, the
 * fewest bytes on the air. Undefined when nothing ever arrived.
 */
function bestOf(rows: readonly TuneRow[]): TuneRow | undefined {
  const completed = Math.max(...rows.map((row) => row.completed));
  const candidates = rows.filter((row) => row.completed === completed && row.seconds.p50 !== null);
  const fastest = least(candidates, ({ seconds }) => seconds.p50!);
  if (fastest === undefined) return undefined;
  const equals = candidates.filter(({ seconds }) => seconds.p50! <= fastest.seconds.p50High!);
  return least(equals, ({ bytesUp, bytesDown }) => bytesUp! + bytesDown!);
}

function least(rows: readonly TuneRow[], figure: (row: TuneRow) => number): TuneRow | undefined {
  return rows.reduce<TuneRow | undefined>(
    (best, row) => (best === undefined || figure(row) < figure(best) ? row : best),
    undefined,
  );
}

function rowFor(combination: Combination, results: readonly RunResult[]): TuneRow {
  const { profile, imageLength, dialect, blockSize, ackTimeoutSeconds, window } = combination;
  const done = results.filter(({ completed }) => completed);
  const seconds = done.map((result) => result.seconds);
  const interval = medianInterval(seconds);
  const again = furtherMedianInterval(seconds, REAL_UPDATES);
  const completed = furtherCountInterval(done.length, results.length, REAL_UPDATES);
  const meanOf = (figure: (result: RunResult) => number) => mean(done.map(figure)) ?? null;
  const energyJoules = meanOf((result) => result.energyJoules);
  return {
    profile: profile.name,
    device: dialect,
    imageLength,
    blockSize,
    ackTimeoutSeconds,
    window,
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
    failure: mostFrequent(results.filter(({ completed }) => !completed).map(({ failure }) => failure)),
    recommended: false,
  };
}

function milliampHours(joules: number | null, volts: number | undefined): number | null {
  return joules === null || volts === undefined ? null : joules / volts / 3.6;
}

function mostFrequent(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), ["", 0] as [string, number])[0];
}
