// Clients through `narrowboat link`, as many at once as `tune` has its interval for, beside what it says of their kind.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { percentile } from "../../sim/tune/sample-statistics.ts";
import { REAL_UPDATES } from "../../sim/tune/tune-row.ts";
import { BLOCK_SIZE_MAX } from "../../src/coap/parameters.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { KEY } from "./coap-client-program.ts";
import { type ComparedClient, IDENTITY, PRODUCT } from "./compared-clients.ts";
import { LinkProgram } from "./link-program.ts";
import { runProgram } from "./program.ts";
import { Serving } from "./serving.ts";
import { type SlowClock, slowClock } from "./slow-clock.ts";
import {
  AS_PRINTED,
  type Comparison,
  comparisonOf,
  comparisonTable,
  type Expectation,
  type Measurement,
} from "./tune-comparison.ts";

/** More say little more: the scatter of the real ones is what is left. */
const SIMULATED_RUNS = 200;

/** Links at a time. */
const LINKS_AT_A_TIME = 2;

/** One alone may meet another's start. */
const PULLS_WITHOUT_LINK = 5;

/** Versions of the images. */
const WHOLE = "1";
const ONE_BLOCK = "2";

/** Clients at once, each with a session of its own. */
const SESSIONS = ["--sessions-per-identity", "64"];

export interface ComparedLink {
  readonly client: ComparedClient;
  /** What `tune` and `link` take for --profile. */
  readonly profile: string;
  /** Bytes. */
  readonly imageLength: number;
  /** So many links, on each of which there are about as many clients. */
  readonly seeds: readonly number[];
  /**
   * So many times slower goes the time by for server, link and clients, that what a computer takes for its work is little
   * beside the interval; 1 when absent.
   */
  readonly slowness?: number;
  /** Clients in all; as many as `tune` has its interval for when absent. */
  readonly count?: number;
  /** So many of them at once; all when absent. */
  readonly atATime?: number;
  /** Of each program, in the computer's own time, ms. */
  readonly limitMs: number;
}

export interface ComparisonConditions {
  readonly directory: string;
  /** The more are simulated, the less is left beside what the real ones scatter by. */
  readonly simulatedRuns: number;
  readonly expectation: Expectation;
  /** Needed where a link asks for slowness. */
  readonly clock?: SlowClock;
}

/** Compares on all links, prints the table, and makes this process fail where not all is as `tune` says. */
export async function compareOnLinks(links: readonly ComparedLink[]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "narrowboat-comparison-"));
  const clock = await slowClock(directory);
  if (clock === undefined) throw new Error("needs the programs that are named above");
  const conditions = { directory, simulatedRuns: SIMULATED_RUNS, expectation: AS_PRINTED, clock };
  const comparisons: Comparison[] = [];
  const waiting = links.entries();
  const worker = async () => {
    for (const [place, link] of waiting) {
      comparisons[place] = await comparedOnLink(link, conditions);
      console.error(comparisons[place].cells.join("  "));
    }
  };
  await Promise.all(Array.from({ length: LINKS_AT_A_TIME }, worker));
  rmSync(directory, { recursive: true });
  const misses = comparisons.filter(({ endsAgree, timesAgree }) => !(endsAgree && timesAgree)).length;
  console.log(`${comparisonTable(comparisons, AS_PRINTED, "REAL")}\n\n${misses} of ${links.length} rows outside`);
  if (misses > 0) process.exitCode = 1;
}

export async function comparedOnLink(link: ComparedLink, conditions: ComparisonConditions): Promise<Comparison> {
  const { client, profile, imageLength } = link;
  const { directory, simulatedRuns, expectation, clock } = conditions;
  const measurement = await measured(link, directory, clock);
  const { dialect, dtlsTimeoutSeconds } = client;
  const update = { profile, dialect, imageLength, ...(dtlsTimeoutSeconds !== undefined && { dtlsTimeoutSeconds }) };
  return comparisonOf(client.name, update, measurement, expectation, simulatedRuns);
}

async function measured(link: ComparedLink, directory: string, clock: SlowClock | undefined): Promise<Measurement> {
  const { client, profile, seeds, slowness = 1, count = REAL_UPDATES, atATime = count, limitMs } = link;
  const environment = clock?.(slowness) ?? {};
  const images = { [WHOLE]: sampleBytes(12, link.imageLength), [ONE_BLOCK]: sampleBytes(13, BLOCK_SIZE_MAX) };
  const folder = join(directory, `${client.name}-${profile}`);
  const cargo = { product: PRODUCT, images, keys: { [IDENTITY]: KEY }, flags: SESSIONS, limitMs, environment };
  const serving = await Serving.start(folder, cargo);
  const pull = async (port: number, number: number, version: keyof typeof images, loadingSeconds: number) => {
    const file = join(folder, `pulled-${number}`);
    const [command, ...args] = client.command(port, number, version, file);
    const began = performance.now();
    const program = await runProgram(command, args, limitMs, environment);
    const lifetime = (performance.now() - began) / 1000 / slowness;
    const { bytes, seconds = lifetime - loadingSeconds } = client.endOf(program, file);
    return Buffer.compare(images[version]!, bytes) === 0 ? seconds : undefined;
  };
  const links = await Promise.all(
    seeds.map((seed) =>
      LinkProgram.startIn({ limitMs, environment }, serving.coapsPort, profile, "--seed", String(seed)),
    ),
  );
  // What a program takes without a link is not the link's: it has to be loaded.
  const withoutLink: number[] = [];
  for (let i = 0; i < PULLS_WITHOUT_LINK; i++) withoutLink.push((await pull(serving.coapsPort, 0, ONE_BLOCK, 0)) ?? 0);
  const loadingSeconds = percentile(withoutLink, 0.5)!;
  const ended: number[] = [];
  const waiting = Array.from({ length: count }, (_, number) => number).values();
  const pullOneAfterTheOther = async () => {
    for (const number of waiting) {
      const seconds = await pull(links[number % links.length]!.port, number + 1, WHOLE, loadingSeconds);
      if (seconds !== undefined) ended.push(seconds);
    }
  };
  await Promise.all(Array.from({ length: atATime }, pullOneAfterTheOther));
  await Promise.all(links.map((one) => one.stop()));
  await serving.stop();
  return { seconds: ended, count };
}
