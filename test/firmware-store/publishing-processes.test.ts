// Publishers as real processes: several at once, and one that is killed at random moments. The seed of the moments is
// printed, and NARROWBOAT_SEED sets it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { holdsWhole, requestFor, SERIES_LENGTH, sampleBytes } from "./sample-image.ts";

const test = suite("publishing-processes");
const scratch = scratchDirectories(test);

const LONGEST_DELAY_MS = 60_000;
const KILL_COUNT = 10;
const SEED = Number(process.env["NARROWBOAT_SEED"] ?? process.pid);
const PROGRAM = join(import.meta.dirname, "publish-series.js");

interface Publisher {
  readonly child: ChildProcess;
  readonly output: Interface;
  /** Settles with the exit code and the signal. */
  readonly closed: Promise<unknown[]>;
}

function startPublisher(...args: readonly (string | number)[]): Publisher {
  const child = spawn(process.execPath, [PROGRAM, ...args.map(String)], { stdio: ["ignore", "pipe", "inherit"] });
  return { child, output: createInterface(child.stdout), closed: once(child, "close") };
}

/** Starts a publisher and kills it `delayMs` after it opened the store; gives back the versions it called done. */
async function killPublisher(directory: string, firstVersion: number, delayMs: number): Promise<number[]> {
  const { child, output, closed } = startPublisher(directory, firstVersion);
  const lines: string[] = [];
  output.on("line", (line) => lines.push(line));
  await once(output, "line");
  await sleep(delayMs);
  child.kill("SIGKILL");
  await closed;
  return lines.slice(1).map(Number);
}

/** The versions in the store, each of which must be whole. */
async function wholeVersions(store: FirmwareStore): Promise<number[]> {
  const versions = store.list().map(({ version }) => Number(version));
  for (const version of versions) await holdsWhole(store, String(version), sampleBytes(version, SERIES_LENGTH));
  return versions.sort((a, b) => a - b);
}

test("four publishers at once, five images each: all of them are there, whole", async () => {
  const directory = scratch();
  const publishers = [10, 20, 30, 40].map((firstVersion) => startPublisher(directory, firstVersion, 5));
  for (const { closed } of publishers) assert.equal(await closed, [0, null]);
  const store = FirmwareStore.open(directory);
  const expected = [10, 20, 30, 40].flatMap((first) => [0, 1, 2, 3, 4].map((i) => first + i));
  assert.equal(await wholeVersions(store), expected);
  store.close();
});

/** The delays, and longer and longer ones until `done`. */
function* delaysUntil(done: () => boolean, delays: readonly number[]): Generator<number, void> {
  yield* delays;
  for (let longer = 200; !done() && longer < LONGEST_DELAY_MS; longer *= 2) yield longer;
}

test(`kill -9 of publish ${KILL_COUNT} times: what was called done is there, nothing is half there`, async () => {
  console.log(`seed ${SEED}`);
  const delays = fc.sample(fc.integer({ min: 0, max: 100 }), { seed: SEED, numRuns: KILL_COUNT });
  const directory = scratch();
  let publishedCount = 0;
  // On a busy computer ten publishers may die before they have done anything: the next ones live longer.
  for (const delayMs of delaysUntil(() => publishedCount > 0, delays)) {
    const done = await killPublisher(directory, publishedCount + 1, delayMs);
    const store = FirmwareStore.open(directory);
    const versions = await wholeVersions(store);
    assert.ok(versions.length >= publishedCount + done.length, `a version is gone, seed ${SEED}`);
    assert.equal(
      versions,
      versions.map((_, i) => i + 1),
      `versions have a gap, seed ${SEED}`,
    );
    publishedCount = versions.length;
    store.close();
  }
  assert.ok(publishedCount > 0, `nothing was published, seed ${SEED}`);
  const store = FirmwareStore.open(directory);
  assert.ok(store.publish(requestFor(directory, "last", sampleBytes(0, 5_000))).created);
  store.close();
});

test.run();
