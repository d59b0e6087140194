// `npm run test:recommendation`: whether tune recommends the same from ten seeds. On nb-iot-ce2 the answer of all seeds is one,
// or what differs is said to be the same; on nb-iot-ce1 1024 bytes with 5 s and 64 bytes with 2 s are told apart by each.
// SEEDS and RUNS in the environment choose how many of each.

import { availableParallelism } from "node:os";
import { profileNamed } from "../sim/profiles/profiles.ts";
import { type Combination, combinationsFor } from "../sim/tune/tune.ts";
import { type TuneRow, tuneRows } from "../sim/tune/tune-row.ts";
import { formatCombination, recommendation } from "../src/cli/tune/words.ts";
import { runsOf } from "../src/shell/runs/tune-runs.ts";

const SEEDS = Number(process.env["SEEDS"] ?? 10);
const RUNS = Number(process.env["RUNS"] ?? 200);
const IMAGE_LENGTH = 102_400;

const contradictions: string[] = [];

const far = await recommendedOn(zephyrOn("nb-iot-ce2", [512, 1024], [9, 20]));
if (far.some((rows) => !far.every((others) => agree(rows, others)))) contradictions.push("nb-iot-ce2: not one answer");

const near = zephyrOn("nb-iot-ce1", [64, 1024], [2, 5]).filter(({ blockSize, ackTimeoutSeconds }) =>
  blockSize === 64 ? ackTimeoutSeconds === 2 : ackTimeoutSeconds === 5,
);
for (const rows of await recommendedOn(near)) {
  const equals = rows.filter(({ asGoodAsBest }) => asGoodAsBest);
  if (equals.length !== 1 || equals[0]!.blockSize !== 1024) contradictions.push("nb-iot-ce1: not told apart");
}

for (const contradiction of contradictions) console.error(contradiction);
if (contradictions.length > 0) process.exitCode = 1;

function zephyrOn(profile: string, blockSizes: readonly number[], timers: readonly number[]): readonly Combination[] {
  return combinationsFor({
    profiles: [profileNamed(profile)],
    imageLength: IMAGE_LENGTH,
    dialect: "zephyr",
    blockSizes,
    ackTimeoutsSeconds: timers,
    windows: [],
  });
}

/** Of each seed. */
async function recommendedOn(combinations: readonly Combination[]): Promise<readonly (readonly TuneRow[])[]> {
  const all: (readonly TuneRow[])[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const results = await runsOf({
      combinations,
      runs: RUNS,
      seed,
      threadCount: availableParallelism(),
      progress: () => {},
      stop: new AbortController().signal,
    });
    const rows = tuneRows(combinations, results);
    all.push(rows);
    console.log(`${rows[0]!.profile}, seed ${seed}: take ${nameOf(rows)}; ${recommendation(rows)[0]}`);
  }
  return all;
}

function nameOf(rows: readonly TuneRow[]): string {
  const best = rows.find(({ recommended }) => recommended);
  return best === undefined ? "nothing" : formatCombination(best);
}

/** The same answer, or each is among what the other says to be as good. */
function agree(rows: readonly TuneRow[], others: readonly TuneRow[]): boolean {
  const isAsGoodIn = (name: string, where: readonly TuneRow[]) =>
    where.some((row) => row.asGoodAsBest && formatCombination(row) === name);
  return isAsGoodIn(nameOf(rows), others) && isAsGoodIn(nameOf(others), rows);
}
