// A store of the first format, whose contents lay in clear, opened by a program that seals them.

import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { contentName } from "../../firmware-store/image-index.ts";
import { toHex } from "../../src/base/bytes.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { type CutPlace, CuttingDisk } from "./cutting-disk.ts";
import { findFetched, holdsWhole, requestFor, sampleBytes } from "./sample-image.ts";

const test = suite("plain-contents");
const scratch = scratchDirectories(test);

const ONE = sampleBytes(1, 70_000);
const TWO = sampleBytes(2, 300);

/** Versions 1 and 2 of other bytes and 3 of those of 1, as the first format had them. */
function plainStore(): string {
  const directory = scratch();
  const store = FirmwareStore.open(directory);
  for (const [version, bytes] of Object.entries({ "1": ONE, "2": TWO, "3": ONE })) {
    store.publish(requestFor(directory, version, bytes));
  }
  const images = store.list();
  store.close();
  for (const name of readdirSync(join(directory, "images"))) rmSync(join(directory, "images", name));
  for (const { version, sha256 } of images) {
    writeFileSync(join(directory, "images", toHex(sha256)), version === "2" ? TWO : ONE);
  }
  const database = new DatabaseSync(join(directory, "firmware.db"));
  database.exec("DROP TABLE content; PRAGMA user_version = 1");
  database.close();
  return directory;
}

const contents = (directory: string) => readdirSync(join(directory, "images")).sort();

async function isSealed(directory: string): Promise<void> {
  const store = FirmwareStore.open(directory);
  await holdsWhole(store, "1", ONE);
  await holdsWhole(store, "2", TWO);
  await holdsWhole(store, "3", ONE);
  const names = [...new Set(store.list().map(({ sha256 }) => contentName(sha256)))].sort();
  assert.equal(contents(directory), names);
  for (const name of names) {
    const bytes = readFileSync(join(directory, "images", name));
    for (const image of [ONE, TWO]) assert.not.ok(bytes.includes(Buffer.from(image.subarray(100, 116))));
  }
  store.close();
}

test("its images are sealed and served, and nothing is left in clear, also what a dead publisher had left", async () => {
  const directory = plainStore();
  writeFileSync(join(directory, "images", "publishing"), ONE);
  writeFileSync(join(directory, "images", "00".repeat(32)), "a content that no image has");
  await isSealed(directory);
});

test("cut at each step of the disk: the next one who opens it goes on", async () => {
  const whole = new CuttingDisk(Number.POSITIVE_INFINITY, "before");
  FirmwareStore.open(plainStore(), { disk: whole }).close();
  assert.ok(whole.stepCount >= 15, `${whole.stepCount} steps`);
  for (let step = 0; step < whole.stepCount; step++) {
    for (const place of ["before", "after"] satisfies CutPlace[]) {
      const directory = plainStore();
      assert.throws(() => FirmwareStore.open(directory, { disk: new CuttingDisk(step, place) }));
      await isSealed(directory);
    }
  }
});

test("a content that is not what its name says is left for its publisher, who heals it", async () => {
  const directory = plainStore();
  const name = contents(directory).find((one) => statSync(join(directory, "images", one)).size === TWO.length)!;
  writeFileSync(join(directory, "images", name), "");
  for (let opened = 0; opened < 2; opened++) {
    const store = FirmwareStore.open(directory);
    await holdsWhole(store, "1", ONE);
    assert.equal(await findFetched(store, "boat", "2"), { damaged: "contentMissing" });
    store.close();
  }
  const store = FirmwareStore.open(directory);
  assert.is(store.publish(requestFor(directory, "2", TWO)).created, false);
  store.close();
  await isSealed(directory);
});

test.run();
