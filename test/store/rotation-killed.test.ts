// A rotation of the master key killed at random moments, with images and keys of devices under it. The seed of the moments is
// printed, and NARROWBOAT_SEED sets it; npm run test:rotation kills 50 times.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { PskStore } from "../../psk/psk-store.ts";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { Secret } from "../../src/base/secret.ts";
import { rotateMasterKey } from "../../src/store/master-key-rotation.ts";
import { holdsWhole, requestFor, sampleBytes } from "../firmware-store/sample-image.ts";
import { CRYPTO } from "../support/crypto.ts";
import { Program } from "../support/program.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { scratchDirectories } from "./scratch-directory.ts";

const test = suite("rotation-killed");
const scratch = scratchDirectories(test);

const KILL_COUNT = Number(process.env["NARROWBOAT_ROTATION_KILLS"] ?? 4);
/** Some rotations long: nearly each kill hits one. */
const LATEST_KILL_MS = 150;
const LIMIT_MS = 60_000;
const SEED = Number(process.env["NARROWBOAT_SEED"] ?? process.pid);
const PROGRAM = join(import.meta.dirname, "rotate-series.js");

const imageOf = (number: number) => sampleBytes(number, 70_000);
const identityOf = (number: number) => toUtf8(`meter-${number}`);
const keyOf = (number: number) => new Secret(toUtf8(`key of meter number ${number}`));

/** Adds an image and a key, as an operator does between two rotations. */
function add(directory: string, number: number): void {
  const images = FirmwareStore.open(directory);
  images.publish(requestFor(directory, String(number), imageOf(number)));
  images.close();
  const keys = PskStore.open(directory, CRYPTO);
  keys.add(identityOf(number), keyOf(number), number);
  keys.close();
}

/** Fails unless all that was added so far is there. */
async function holdsAll(directory: string, count: number): Promise<void> {
  const images = FirmwareStore.open(directory);
  const keys = PskStore.open(directory, CRYPTO);
  for (let number = 0; number < count; number++) {
    await holdsWhole(images, String(number), imageOf(number));
    const found = keys.find(identityOf(number));
    assert.is(found && toHex(found.reveal()), toHex(keyOf(number).reveal()));
  }
  images.close();
  keys.close();
}

test(`kill -9 of a rotation ${KILL_COUNT} times: every image and every key is there, before and after the next one`, async () => {
  console.log(`seed ${SEED}`);
  const random = new SeededRandom(SEED);
  const directory = scratch();
  let [rotationCount, cutCount] = [0, 0];
  for (let kill = 0; kill < KILL_COUNT; kill++) {
    add(directory, kill);
    const rotator = new Program(process.execPath, [PROGRAM, directory], LIMIT_MS);
    await rotator.waitFor(/^ready$/m);
    await sleep(random.below(LATEST_KILL_MS));
    rotator.kill("SIGKILL");
    const { exit, text } = await rotator.ended;
    assert.is(exit, "SIGKILL", text);
    rotationCount += text.trim().split("\n").length - 1;
    if (readdirSync(directory).some((name) => name.startsWith("master.key."))) cutCount++;
    await holdsAll(directory, kill + 1);
  }
  rotateMasterKey(directory);
  await holdsAll(directory, KILL_COUNT);
  assert.equal(
    readdirSync(directory).filter((name) => name.startsWith("master.key")),
    ["master.key"],
  );
  console.log(`${rotationCount} rotations ended, ${cutCount} were cut in their midst`);
});

test("the program rotates", async () => {
  const directory = scratch();
  add(directory, 0);
  const rotator = new Program(process.execPath, [PROGRAM, directory], LIMIT_MS);
  await rotator.waitFor(/^ready\n[0-9a-f]{16}\n[0-9a-f]{16}$/m);
  // While it rotates on and on, whoever opens the stores finds all.
  for (let i = 0; i < 5; i++) await holdsAll(directory, 1);
  rotator.kill("SIGKILL");
  await rotator.ended;
  await holdsAll(directory, 1);
});

test.run();
