// `narrowboat tune`: which block size, which timers, which window on this network, and how long an update takes then.

import { randomInt } from "node:crypto";
import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import type { Argv } from "yargs";
import type { LinkProfile } from "../../../sim/profiles/profile.ts";
import { Trace, type TraceEntry } from "../../../sim/trace.ts";
import type { CombinationRow } from "../../../sim/tune/combination-row.ts";
import { GOALS } from "../../../sim/tune/recommendation.ts";
import { trustCostRow, trustMessageLengths } from "../../../sim/tune/trust-cost.ts";
import { type Combination, combinationsFor, type RunResult, runOnce, seedOfRun } from "../../../sim/tune/tune.ts";
import { tuneRows } from "../../../sim/tune/tune-row.ts";
import { DIALECT_NAMES } from "../../device/dialect.ts";
import { runsOf } from "../../shell/runs/tune-runs.ts";
import { systemCrypto } from "../../shell/system-crypto.ts";
import { parseDuration, parseMaxRetransmit, parseSeconds, parseSeed, refuseMaxRetransmitOf } from "../arguments.ts";
import { type ArgumentsOf, type GlobalArguments, word } from "../command.ts";
import { jobFailed, wrongUse } from "../command-error.ts";
import {
  lengthOfImage,
  parseAckTimeouts,
  parseBlockSizes,
  parseDeviceCount,
  parseProfiles,
  parseRuns,
  parseSize,
  parseWindows,
} from "./arguments.ts";
import { campaignRunCount, cellFor, longestTimers, simulatedCells } from "./cell.ts";
import { formatCellTable } from "./cell-table.ts";
import { type Provenance, provenanceOf } from "./provenance.ts";
import { settingsFor } from "./settings.ts";
import { whileSimulating } from "./simulating.ts";
import { formatTuneTable } from "./table.ts";
import { formatTrustTable } from "./trust-table.ts";

const STDOUT = "-";
const RUNS = 20;

type TuneArguments = ArgumentsOf<typeof options>;

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .option("profile", {
      ...word,
      demandOption: true,
      describe: "Links between commas: names of profiles (lte-m:loss=2%), files that end in .json, or all",
      coerce: parseProfiles,
    })
    .option("image", { ...word, describe: "A firmware image; only its size matters", coerce: lengthOfImage })
    .option("size", { ...word, describe: "Or the size alone: 102400, 100k, 1M", coerce: parseSize })
    .option("device", { ...word, choices: DIALECT_NAMES, default: "own" as const, describe: "Kind of device" })
    .option("block-size", { ...word, describe: "16 to 1024 or auto, between commas", coerce: parseBlockSizes })
    .option("ack-timeout", { ...word, describe: "Seconds, between commas", coerce: parseAckTimeouts })
    .option("dtls-timeout", { ...word, describe: "Seconds of a first wait in the handshake", coerce: parseSeconds })
    .option("max-retransmit", {
      ...word,
      describe: "MAX_RETRANSMIT of a device other than our own",
      coerce: parseMaxRetransmit,
    })
    .option("window", { ...word, describe: "Requests at a time or auto, between commas", coerce: parseWindows })
    .option("goal", {
      ...word,
      choices: GOALS,
      default: "time" as const,
      describe: "What is to be least: the median time, its 95th percentile, energy, or bytes on the air",
    })
    .option("devices", { ...word, describe: "With --shared: so many in one cell", coerce: parseDeviceCount })
    .option("shared", {
      type: "boolean",
      default: false,
      describe: "All devices share one channel: how many at a time",
    })
    .option("spread", { ...word, describe: "With --shared: they come over 90s, 30min, 1h", coerce: parseDuration })
    .option("runs", {
      ...word,
      describe: `Runs of each combination (${RUNS}; campaigns: 3 to 40, by their size)`,
      coerce: parseRuns,
    })
    .option("seed", { ...word, describe: "Repeats a result; random when absent, and printed", coerce: parseSeed })
    .option("json", { ...word, describe: "File for the rows as JSON, - for standard output" })
    .option("html", { ...word, describe: "File for a page with charts" })
    .option("trace", { type: "boolean", default: false, describe: "Print each datagram of one run" })
    .option("trusted", {
      type: "boolean",
      default: false,
      describe: "What a signed update adds: check-in, ticket, manifest, trial and reports of a device with two slots",
    })
    .example("$0 tune --profile nb-iot-ce1 --size 100k", "How long our own device takes")
    .example("$0 tune --profile nb-iot-ce1 --size 100k --devices 100 --shared --spread 1h", "A campaign in one cell")
    .example("$0 tune --profile nb-iot-ce1 --size 100k --device zephyr --block-size 64,256,1024", "");
}

export async function run(args: TuneArguments): Promise<void> {
  const imageLength = args.image ?? args.size;
  if (imageLength === undefined || (args.image !== undefined && args.size !== undefined)) {
    throw wrongUse("say how large the image is: --image FILE or --size BYTES");
  }
  refuseMaxRetransmitOf(args.device, args.maxRetransmit);
  if (args.trusted && (args.shared || args.html !== undefined)) {
    throw wrongUse("--trusted prints one table of devices that have a channel each: leave --shared and --html out");
  }
  const cell = cellFor(args);
  const combinations = combinationsFor({
    profiles: usableProfiles(args.profile),
    imageLength,
    dialect: args.device,
    blockSizes: args.blockSize ?? [],
    ackTimeoutsSeconds: args.ackTimeout ?? [],
    windows: args.window ?? [],
    ...(args.dtlsTimeout && { dtlsTimeoutSeconds: args.dtlsTimeout }),
    ...(args.maxRetransmit !== undefined && { maxRetransmit: args.maxRetransmit }),
  });
  for (const path of [args.json, args.html]) if (path !== undefined && path !== STDOUT) refuseUnwritable(path);
  const seed = args.seed ?? randomInt(2 ** 32);
  const provenance = provenanceOf(process.argv.slice(2), seed);
  if (cell !== undefined) {
    const runs = args.runs ?? campaignRunCount(cell);
    const tried = args.ackTimeout === undefined ? longestTimers(combinations) : combinations;
    const rows = await simulatedCells({ cell, combinations: tried, runs, seed, seedIsDrawn: args.seed === undefined });
    print(rows, formatCellTable(rows, process.stdout.columns), provenance, args.json);
    if (args.html !== undefined) {
      const { cellPage } = await import("./cell-page.ts");
      write(args.html, cellPage(rows, provenance));
    }
    if (!rows.some(({ recommended }) => recommended)) throw jobFailed("no device got the image on any of these links");
    return;
  }
  if (args.trace) return trace(combinations, args, seed);
  if (args.trusted) {
    // One row for each link: whoever compares timers or sizes leaves --trusted out.
    const first = combinations.filter(({ profile }, i) => combinations[i - 1]?.profile !== profile);
    const rows = first.map((combination) => trustCostRow(systemCrypto(), combination, args.runs ?? RUNS, seed));
    return printRows(rows, formatTrustTable(rows, trustMessageLengths(systemCrypto())), provenance, args.json);
  }
  const results = await simulate(combinations, args.runs ?? RUNS, seed, args.seed === undefined);
  const rows = tuneRows(combinations, results, args.goal);
  print(rows, formatTuneTable(rows, process.stdout.columns), provenance, args.json);
  if (args.html !== undefined) {
    const { tunePage } = await import("./page.ts");
    write(args.html, tunePage(rows, provenance));
  }
  if (!rows.some(({ recommended }) => recommended)) throw jobFailed("no update ended on any of these links");
}

/** Those that CoAP can cross; a line for each other one. */
function usableProfiles(profiles: readonly LinkProfile[]): readonly LinkProfile[] {
  const refusals = profiles.flatMap(({ name, cannotCarryCoap }) =>
    cannotCarryCoap === undefined ? [] : [`${name} cannot carry CoAP: ${cannotCarryCoap}`],
  );
  if (refusals.length === profiles.length) throw jobFailed(refusals.join("\n"));
  for (const refusal of refusals) console.error(`narrowboat: ${refusal}`);
  return profiles.filter(({ cannotCarryCoap }) => cannotCarryCoap === undefined);
}

async function simulate(
  combinations: readonly Combination[],
  runs: number,
  seed: number,
  seedIsDrawn: boolean,
): Promise<readonly (readonly RunResult[])[]> {
  const threadCount = availableParallelism();
  return whileSimulating("runs", seed, seedIsDrawn, (progress, stop) =>
    runsOf({ combinations, runs, seed, threadCount, progress, stop }),
  );
}

/** One run, datagram by datagram: for people, and with --json an object a line. */
function trace(combinations: readonly Combination[], { runs = 1, json, html }: TuneArguments, seed: number): void {
  const [combination] = combinations;
  if (html !== undefined) throw wrongUse("--trace prints one run, and --html draws many: use one of the two");
  if (combination === undefined || combinations.length > 1 || runs > 1) {
    throw wrongUse(
      `--trace follows one run of one combination, and these are ${combinations.length} combinations with ` +
        `${runs} run${runs === 1 ? "" : "s"} each: give one profile, block size, --ack-timeout and window, and no --runs`,
    );
  }
  const entries: TraceEntry[] = [];
  const follower = new Trace((line, entry) => {
    console.log(json === STDOUT ? JSON.stringify(entry) : line);
    if (json !== undefined && json !== STDOUT) entries.push(entry);
  });
  const result = runOnce(systemCrypto(), combination, seedOfRun(seed, 0), follower);
  console.error(`seed ${seed}`);
  if (json !== undefined && json !== STDOUT) write(json, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  if (!result.completed) throw jobFailed(`the update did not end: ${result.failure}`);
}

function print(
  rows: readonly (CombinationRow & { readonly recommended: boolean })[],
  table: string,
  provenance: Provenance,
  json: string | undefined,
): void {
  const told = rows.map((row) => ({ ...row, whatToSet: row.recommended ? settingsFor(row) : null }));
  printRows(told, table, provenance, json);
}

/** The table, or the rows as JSON, or the one here and the other in a file. */
function printRows(rows: readonly object[], table: string, provenance: Provenance, json: string | undefined): void {
  const text = JSON.stringify(
    rows.map((row) => ({ ...row, ...provenance })),
    undefined,
    2,
  );
  console.log(json === STDOUT ? text : `${table}\n\nseed ${provenance.seed}`);
  if (json !== undefined && json !== STDOUT) write(json, `${text}\n`);
}

/** Said before the runs: nobody waits for a result that has no place to go. */
function refuseUnwritable(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) throw wrongUse(`cannot write ${path}: it is a directory; name a file`);
  try {
    accessSync(stat === undefined ? dirname(path) : path, constants.W_OK);
  } catch (error) {
    throw wrongUse(`cannot write ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw jobFailed(`cannot write ${path}: ${error instanceof Error ? error.message : error}`);
  }
}
