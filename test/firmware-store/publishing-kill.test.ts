// A publisher killed at random moments; the seed of the moments is printed, and NARROWBOAT_SEED sets it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { FOREVER_LENGTH, holdsWhole, requestFor, sampleBytes } from "./sample-image.ts";

const test = suite("publishing-kill");
const scratch = scratchDirectories(test);

const KILL_COUNT = 10;
const SEED = Number(process.env["NARROWBOAT_SEED"] ?? process.pid);
const PROGRAM = join(import.meta.dirname, "publish-forever.js");

/** Starts the publisher, kills it `delayMs` after it opened the store; gives back the versions it called done. */
async function killPublisher(directory: string, firstVersion: number, delayMs: number): Promise<number[]> {
  const child = spawn(process.execPath, [PROGRAM, directory, String(firstVersion)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  const lines: string[] = [];
  const output = createInterface(child.stdout).on("line", (line) => lines.push(line));
  await once(output, "line");
  await sleep(delayMs);
  child.kill("SIGKILL");
  await closed;
  return lines.slice(1).map(Number);
}

test(`kill -9 of publish ${KILL_COUNT} times: what was called done is there, nothing is half there`, async () => {
  console.log(`seed ${SEED}`);
  const delays = fc.sample(fc.integer({ min: 0, max: 100 }), { seed: SEED, numRuns: KILL_COUNT });
  const directory = scratch();
  let nextVersion = 1;
  for (const delayMs of delays) {
    const done = await killPublisher(directory, nextVersion, delayMs);
    const store = FirmwareStore.open(directory);
    const versions = store.list().map(({ version }) => Number(version));
    assert.ok(versions.length >= nextVersion - 1 + done.length, `a version is gone, seed ${SEED}`);
    for (const version of versions) holdsWhole(store, String(version), sampleBytes(version, FOREVER_LENGTH));
    nextVersion = versions.length + 1;
    assert.is(Math.max(0, ...versions), versions.length, `versions have a gap, seed ${SEED}`);
    store.close();
  }
  const store = FirmwareStore.open(directory);
  assert.ok(store.publish(requestFor(directory, "last", sampleBytes(0, 5_000))).created);
  store.close();
});

test.run();
