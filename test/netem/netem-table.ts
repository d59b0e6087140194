// What real clients took behind netem, beside what `tune` says of the same links.

import { profileNamed } from "../../sim/profiles/profiles.ts";
import {
  furtherCountInterval,
  furtherMedianInterval,
  type Interval,
  percentile,
} from "../../sim/tune/sample-statistics.ts";
import { combinationsFor, type RunResult, runOnce, seedOfRun } from "../../sim/tune/tune.ts";
import { formatTable } from "../../src/cli/report.ts";
import { CRYPTO } from "../support/crypto.ts";
import { BLOCKS, NETEM_ROWS, type NetemRow } from "./netem-row.ts";

const SIMULATED_RUNS = 200;
/** So far may a median lie from the other where the interval is narrower than that. */
const TOLERANCE = 0.1;

/** Of one row: the seconds of those that got the image, and how many there were. */
export interface NetemResult {
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
}

/** As `tune` prints it: in 95 of 100 cases. */
export const USUAL: Expectation = { name: "95 % INTERVAL", interval: furtherMedianInterval, judgesEnds: true };

/** Between all that were simulated: the median of three lies outside once in 3,000 times. */
export const WHOLE_RANGE: Expectation = {
  name: `ALL OF ${SIMULATED_RUNS}`,
  interval: (simulated) =>
    simulated.length === 0 ? undefined : { low: Math.min(...simulated), high: Math.max(...simulated) },
  judgesEnds: false,
};

/** The table, and how many rows do not agree. */
export function netemTable(results: readonly NetemResult[], expectation: Expectation) {
  const rows = NETEM_ROWS.map((row, i) => comparison(row, results[i]!, expectation));
  const heading = ["LINK", "CLIENT", "DONE", "OF TUNE'S", "TUNE", expectation.name, "NETEM", "DIFFERENCE", ""];
  const misses = rows.filter((cells) => cells.at(-1) === OUTSIDE).length;
  return { text: formatTable([heading, ...rows]), misses };
}

const OUTSIDE = "OUTSIDE";

function comparison(row: NetemRow, { seconds, count }: NetemResult, expectation: Expectation): readonly string[] {
  const runs = simulatedRuns(row);
  const simulated = runs.filter(({ completed }) => completed).map((run) => run.seconds);
  const name = [row.profile, row.client, `${seconds.length} of ${count}`, `${simulated.length} of ${runs.length}`];
  const [expected, real] = [percentile(simulated, 0.5), percentile(seconds, 0.5)];
  const interval = expectation.interval(simulated, seconds.length);
  if (expected === undefined || real === undefined || interval === undefined) return [...name, "", "", "", "", OUTSIDE];
  const { low, high } = interval;
  const difference = real / expected - 1;
  const times = [`${tenths(expected)} s`, `${tenths(low)} to ${tenths(high)} s`, `${tenths(real)} s`];
  return [...name, ...times, `${(100 * difference).toFixed(1)} %`, verdict()];

  function verdict(): string {
    const ended = furtherCountInterval(simulated.length, runs.length, count);
    if (expectation.judgesEnds && (seconds.length < ended.low || seconds.length > ended.high)) return OUTSIDE;
    if (low <= real! && real! <= high) return "in it";
    return Math.abs(difference) <= TOLERANCE ? "within 10 %" : OUTSIDE;
  }
}

function simulatedRuns({ client, profile, blockSize }: NetemRow): readonly RunResult[] {
  const isOwn = client === "narrowboat";
  const [combination] = combinationsFor({
    profiles: [profileNamed(profile)],
    imageLength: blockSize * BLOCKS,
    dialect: isOwn ? "own" : "libcoap",
    blockSizes: isOwn ? [] : [blockSize],
    ackTimeoutsSeconds: [],
    windows: [],
  });
  return Array.from({ length: SIMULATED_RUNS }, (_, run) => runOnce(CRYPTO, combination!, seedOfRun(1, run)));
}

function tenths(seconds: number): string {
  return seconds.toFixed(1);
}
