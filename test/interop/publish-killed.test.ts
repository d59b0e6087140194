// `narrowboat publish` killed at random moments, the seed of which is printed; NARROWBOAT_SEED sets it.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { holdsWhole, sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { Program, runProgram } from "../support/program.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { NARROWBOAT } from "../support/serving.ts";

const KILL_COUNT = 50;
/** Large, so that many of the moments fall into the work on it. */
const IMAGE_LENGTH = 8 * 1024 * 1024;
/** Part of an undisturbed publisher's life; beyond 1, so that some get to their end. */
const LATEST_KILL = 1.1;
const LIMIT_MS = 60_000;
const SEED = Number(process.env["NARROWBOAT_SEED"] ?? process.pid);

const test = suite("publish-killed");
const scratch = scratchDirectories(test);

function fileOf(directory: string, version: number): string {
  return join(directory, `image-${version}.bin`);
}

function publishArguments(directory: string, version: number): string[] {
  const flags = ["--product", "boat", "--version", String(version), "--data", directory];
  return [NARROWBOAT, "publish", fileOf(directory, version), ...flags];
}

/** How long an undisturbed `publish` takes from its start to its end, ms. */
async function publishDuration(directory: string, version: number): Promise<number> {
  const startedAt = performance.now();
  const { exit, text } = await runProgram(process.execPath, publishArguments(directory, version), LIMIT_MS);
  assert.is(exit, 0, text);
  return performance.now() - startedAt;
}

/** Opens the store and checks each image that is not in `checked` yet; gives all versions, ascending. */
async function wholeVersions(directory: string, checked: readonly number[]): Promise<number[]> {
  const store = FirmwareStore.open(directory);
  const versions = store.list().map(({ version }) => Number(version));
  for (const version of versions) {
    if (!checked.includes(version)) await holdsWhole(store, String(version), readFileSync(fileOf(directory, version)));
  }
  store.close();
  return versions.sort((a, b) => a - b);
}

test(`kill -9 of publish at ${KILL_COUNT} random moments: the store opens, each image is whole, none is half there`, async () => {
  console.log(`seed ${SEED}`);
  const random = new SeededRandom(SEED);
  const directory = scratch();
  for (let version = 0; version <= KILL_COUNT; version++) {
    writeFileSync(fileOf(directory, version), sampleBytes(version, IMAGE_LENGTH));
  }
  const durationMs = await publishDuration(directory, 0);
  let published = await wholeVersions(directory, []);
  assert.equal(published, [0]);
  const killed: number[] = [];
  for (let version = 1; version <= KILL_COUNT; version++) {
    const publisher = new Program(process.execPath, publishArguments(directory, version), LIMIT_MS);
    await sleep(random.below(Math.ceil(durationMs * LATEST_KILL)));
    publisher.kill("SIGKILL");
    if ((await publisher.ended).exit === "SIGKILL") killed.push(version);
    const before = published;
    published = await wholeVersions(directory, before);
    const gone = before.filter((earlier) => !published.includes(earlier));
    assert.equal(gone, [], `an image is gone, seed ${SEED}`);
  }
  const lost = killed.filter((version) => !published.includes(version));
  console.log(
    `${killed.length} publishers were killed before their end, ${lost.length} of them before their image was there`,
  );
  assert.ok(lost.length > 0, `no kill hit a publisher, seed ${SEED}`);
  assert.equal(await wholeVersions(directory, []), published);
  await publishDuration(directory, lost[0]!);
  assert.equal(
    await wholeVersions(directory, published),
    [...published, lost[0]!].sort((a, b) => a - b),
  );
});

test.run();
