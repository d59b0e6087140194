// What real clients took, beside what `tune` says of their kind on the same link.

import { profileNamed } from "../../sim/profiles/profiles.ts";
import {
  furtherCountInterval,
  furtherMedianInterval,
  type Interval,
  percentile,
} from "../../sim/tune/sample-statistics.ts";
import { type Combination, combinationsFor, type RunResult, runOnce, seedOfRun } from "../../sim/tune/tune.ts";
import { REAL_UPDATES } from "../../sim/tune/tune-row.ts";
import { formatTable } from "../../src/cli/report.ts";
import { type DialectName, dialectNamed } from "../../src/device/dialect.ts";
import { CRYPTO } from "./crypto.ts";

/** An update as `tune` is asked about it. */
export interface ComparedUpdate {
  /** What `tune` takes for --profile. */
  readonly profile: string;
  readonly dialect: DialectName;
  /** Bytes of a block; what kinds of device choose by themselves when absent. */
  readonly blockSize?: number;
  /** Bytes. */
  readonly imageLength: number;
  /** The device's own when absent. */
  readonly dtlsTimeoutSeconds?: number;
}

/** The seconds of those real clients that got the image, and how many there were. */
export interface Measurement {
  readonly seconds: readonly number[];
  readonly count: number;
}

/** What real clients are held to. */
export interface Expectation {
  readonly name: string;
  /** Where the median of `count` of them lies, from the seconds of the simulated ones. */
  interval(simulated: readonly number[], count: number): Interval | undefined;
  /** Whether as many have to end as tune says: of three that says little. */
  readonly judgesEnds: boolean;
  /** So far may a median lie from the other where the interval is narrower than that, of 1. */
  readonly tolerance: number;
  /** So wide may an interval be to each side, of its median. */
  readonly widthMax: number;
}

const NETEM = { tolerance: 0.1, widthMax: Number.POSITIVE_INFINITY };

/** In 95 of 100 cases, for as many as there were. */
export const USUAL: Expectation = {
  ...NETEM,
  name: "95 % INTERVAL",
  interval: furtherMedianInterval,
  judgesEnds: true,
};

/** Between all that were simulated: the median of three lies outside once in 3,000 times. */
export const WHOLE_RANGE: Expectation = {
  ...NETEM,
  name: "ALL THAT WERE SIMULATED",
  interval: (simulated) =>
    simulated.length === 0 ? undefined : { low: Math.min(...simulated), high: Math.max(...simulated) },
  judgesEnds: false,
};

/** "THEIR P50", as `tune` prints it. */
export const AS_PRINTED: Expectation = {
  name: "THEIR P50",
  interval: (simulated) => furtherMedianInterval(simulated, REAL_UPDATES),
  judgesEnds: true,
  tolerance: 0,
  widthMax: 0.15,
};

export interface Comparison {
  /** A row of the table. */
  readonly cells: readonly string[];
  /** Whether as many ended as tune says. */
  readonly endsAgree: boolean;
  /** Whether their median lies where tune says, where there is one. */
  readonly timesAgree: boolean;
}

const IN_IT = "in it";
const OUTSIDE = "OUTSIDE";

/** The table for people, below its headings. */
export function comparisonTable(comparisons: readonly Comparison[], { name }: Expectation, real: string): string {
  const headings = ["LINK", "CLIENT", "KiB", real, "MEDIAN", "TUNE", "ENDS", "MEDIAN", name, "±", "DIFFERENCE", ""];
  return formatTable([headings, ...comparisons.map(({ cells }) => cells)]);
}

/** `runs` updates are simulated from seed 1 on. */
export function comparisonOf(
  client: string,
  update: ComparedUpdate,
  measurement: Measurement,
  expectation: Expectation,
  runs: number,
): Comparison {
  const { seconds, count } = measurement;
  const simulated = secondsOf(simulatedRuns(update, runs));
  const ended = furtherCountInterval(simulated.length, runs, count);
  const endsAgree = !expectation.judgesEnds || (ended.low <= seconds.length && seconds.length <= ended.high);
  const [expected, real] = [percentile(simulated, 0.5), percentile(seconds, 0.5)];
  const interval = expectation.interval(simulated, seconds.length);
  const words = [update.profile, client, String(update.imageLength / 1024), `${seconds.length} of ${count}`];
  const ofTune = [`${simulated.length} of ${runs}`, `${ended.low} to ${ended.high}`];
  if (expected === undefined || real === undefined || interval === undefined) {
    // Nobody is late where nobody ends.
    const timesAgree = endsAgree && real === undefined;
    const cells = [...words, "-", ...ofTune, "-", "-", "-", "-", timesAgree ? IN_IT : OUTSIDE];
    return { cells, endsAgree, timesAgree };
  }
  const { low, high } = interval;
  const width = (high - low) / 2 / expected;
  const difference = real / expected - 1;
  const isInside = low <= real && real <= high;
  const { tolerance, widthMax } = expectation;
  const timesAgree = (isInside || Math.abs(difference) <= tolerance) && width <= widthMax;
  const agreement = isInside ? IN_IT : `within ${100 * tolerance} %`;
  const times = [time(real), ...ofTune, time(expected), `${time(low)} to ${time(high)}`];
  const cells = [
    ...words,
    ...times,
    percent(width),
    percent(difference),
    endsAgree && timesAgree ? agreement : OUTSIDE,
  ];
  return { cells, endsAgree, timesAgree };
}

/** The same link, image, kind of device and settings as the real clients have. */
function combinationFor(update: ComparedUpdate): Combination {
  const { profile, dialect, blockSize, imageLength, dtlsTimeoutSeconds } = update;
  const own = dialectNamed(dialect);
  const [combination] = combinationsFor({
    profiles: [profileNamed(profile)],
    imageLength,
    dialect,
    blockSizes: [blockSize ?? own.blockSize],
    ackTimeoutsSeconds: [own.firstTimeoutMs / 1000],
    windows: [own.window],
    ...(dtlsTimeoutSeconds !== undefined && { dtlsTimeoutSeconds }),
  });
  return combination!;
}

function simulatedRuns(update: ComparedUpdate, runs: number): readonly RunResult[] {
  const combination = combinationFor(update);
  return Array.from({ length: runs }, (_, run) => runOnce(CRYPTO, combination, seedOfRun(1, run)));
}

function secondsOf(results: readonly RunResult[]): readonly number[] {
  return results.filter(({ completed }) => completed).map(({ seconds }) => seconds);
}

function time(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
