// npm run bench:ci: fails when a block or a handshake has become more than 25 % dearer than bench/baseline.json says.
// Ratios are compared and never times. What looks slower is measured again, longer and with fresh servers, and fails only
// when it still is.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { systemNativeParts } from "../src/shell/system-native-parts.ts";
import type { Bench } from "./bench.ts";
import { contendersWith } from "./contenders.ts";
import { type BaselineEntry, baselineFor, updateBaseline } from "./guard/baseline.ts";
import { type Guard, guardsNamed } from "./guard/guards.ts";
import { measuredRatios } from "./guard/measurement.ts";
import { summaryText, type Verdict, verdictOn } from "./guard/verdict.ts";
import { nativeLoadAbsence } from "./load/crowd.ts";
import { packageDirectory } from "./native-program.ts";
import { endProgress, tellProgress } from "./progress.ts";
import { circumstances } from "./report/machine.ts";
import { Resources } from "./resources.ts";
import { spreadOf } from "./statistics.ts";

const ROUNDS = 20;
/** The fewer guards are measured again, the longer each: all of it fits into three minutes. */
const AGAIN_ROUNDS_MAX = 40;
const AGAIN_SLICES_MAX = 120;
const QUICK_ROUNDS = 2;

const options = await yargs(hideBin(process.argv))
  .usage("npm run bench:ci -- [options]")
  .option("only", { type: "string", describe: "guards, with commas: plain, dtls.narrowboat, handshake" })
  .option("update", { type: "boolean", default: false, describe: "write today's ratios to the baseline" })
  .option("summary", { type: "string", describe: "file for the Markdown summary; standard output when absent" })
  .option("baseline", { type: "string", default: join(packageDirectory(), "bench/baseline.json"), describe: "file" })
  .option("node", { type: "string", default: process.execPath, describe: "the Node.js that runs our servers" })
  .option("quick", { type: "boolean", default: false, describe: "a few short slices: shows that everything runs" })
  .strict()
  .parse();

const resources = new Resources();
resources.releaseAtTheEnd();
const nativeParts = systemNativeParts();
const absence = nativeLoadAbsence() ?? (typeof nativeParts === "string" ? `native parts: ${nativeParts}` : undefined);
if (absence === undefined) await run();
else {
  console.error(`bench:ci needs a C compiler and the native parts: ${absence}`);
  process.exitCode = 2;
}

async function run(): Promise<void> {
  const { node, quick, update, summary, baseline: path } = options;
  const rounds = quick ? QUICK_ROUNDS : ROUNDS;
  const bench: Bench = {
    resources,
    contenders: contendersWith(node),
    node,
    runs: rounds,
    measureMs: 0,
    quick,
    nativeLoad: true,
    told: tellProgress,
  };
  const guards = guardsNamed(options.only?.split(",") ?? []);
  const where = circumstances(node, rounds, 0);
  const first = await measuredRatios(bench, { guards, rounds });
  if (update) {
    const medians = guards.map(({ id }) => [id, spreadOf(first.get(id)!).median] as const);
    updateBaseline(path, where, Object.fromEntries(medians));
    return endProgress();
  }
  const baseline = baselineFor(path, where.node);
  if (baseline === undefined) throw new Error(`no baseline for Node.js ${where.node}: npm run bench:ci -- --update`);
  const verdicts = await judged(bench, guards, first, baseline);
  endProgress();
  const text = summaryText(verdicts, baseline);
  if (summary === undefined) process.stdout.write(text);
  else writeFileSync(summary, text);
  for (const { guard, change } of verdicts.filter(({ failed }) => failed)) {
    console.error(`${guard.title} costs ${Math.round(100 * change)} % more than the baseline`);
    process.exitCode = 1;
  }
}

/** What looks slower at first is measured again, and the second measurement decides. */
async function judged(
  bench: Bench,
  guards: readonly Guard[],
  first: ReadonlyMap<string, readonly number[]>,
  baseline: BaselineEntry,
): Promise<readonly Verdict[]> {
  const verdicts = guards.map((guard) => verdictOn(guard, first.get(guard.id)!, baseline));
  const suspects = verdicts.filter(({ failed }) => failed).map(({ guard }) => guard);
  if (suspects.length === 0) return verdicts;
  const rounds = Math.min(AGAIN_ROUNDS_MAX, Math.floor(AGAIN_SLICES_MAX / suspects.length));
  const second = await measuredRatios(bench, { guards: suspects, rounds: bench.quick ? QUICK_ROUNDS : rounds });
  return verdicts.map((verdict) => {
    const { guard, failed } = verdict;
    return failed ? verdictOn(guard, second.get(guard.id)!, baseline) : verdict;
  });
}
