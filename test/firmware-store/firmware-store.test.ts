import { appendFileSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { FirmwareImage } from "../../firmware-store/firmware-image.ts";
import { FirmwareStore, SERVED_COUNT_MAX } from "../../firmware-store/firmware-store.ts";
import { contentName } from "../../firmware-store/image-index.ts";
import { PAGE_LENGTH } from "../../firmware-store/page-cache.ts";
import { PAGE_LOADS_MAX, PageLoads } from "../../firmware-store/page-loads.ts";
import type { ContentQuestion } from "../../src/firmware/catalogue.ts";
import { scratchDirectories, throwsStoreError } from "../store/scratch-directory.ts";
import { findFetched, holdsWhole, readFetched, requestFor, sampleBytes, soundImage } from "./sample-image.ts";

const test = suite("firmware-store");
const scratch = scratchDirectories(test);

const BYTES = sampleBytes(5, 20_000);

/** A directory with version 1 published, and the path of its content. */
function published(): { directory: string; path: string } {
  const directory = scratch();
  const store = FirmwareStore.open(directory);
  const { image } = store.publish(requestFor(directory, "1", BYTES));
  store.close();
  return { directory, path: join(directory, "images", contentName(image.sha256)) };
}

/** Adds rows for versions 0, 1, … of product "many", one byte each, as quickly as SQLite can. */
function addMany(directory: string, count: number, sha256: Uint8Array): void {
  const database = new DatabaseSync(join(directory, "firmware.db"));
  const add = database.prepare("INSERT INTO image VALUES ('many', ?, 1, ?, 0)");
  database.exec("BEGIN");
  for (let i = 0; i < count; i++) add.run(String(i), sha256);
  database.exec("COMMIT");
  database.close();
}

test("an image is served after the store is opened again", async () => {
  const { directory } = published();
  const store = FirmwareStore.open(directory);
  await holdsWhole(store, "1", BYTES);
  store.close();
});

test("an unknown product, version or impossible name is not there", async () => {
  const store = FirmwareStore.open(published().directory);
  await soundImage(store, "boat", "1");
  for (const [product, version] of [
    ["boat", "2"],
    ["ship", "1"],
    ["boat/1", ""],
    ["", "boat/1"],
    ["..", ".."],
  ] as const) {
    assert.is(store.find(product, version), undefined);
  }
  store.close();
});

test("images are listed by product and version", () => {
  const directory = scratch();
  const store = FirmwareStore.open(directory);
  const request = requestFor(directory, "1", BYTES);
  for (const [product, version] of [
    ["b", "1"],
    ["a", "2"],
    ["a", "1"],
  ] as const) {
    store.publish({ ...request, product, version });
  }
  assert.equal(
    store.list().map(({ product, version }) => `${product} ${version}`),
    ["a 1", "a 2", "b 1"],
  );
  store.close();
});

test("an operator publishes while the server runs: the server finds the image, and is told once", async () => {
  const { directory } = published();
  const [server, publisher] = [FirmwareStore.open(directory), FirmwareStore.open(directory)];
  assert.is(server.find("boat", "2"), undefined);
  assert.is(server.refresh(), false);
  publisher.publish(requestFor(directory, "2", sampleBytes(6, 100)));
  assert.is(server.refresh(), true);
  assert.is(server.refresh(), false);
  await holdsWhole(server, "2", sampleBytes(6, 100));
  server.close();
  publisher.close();
});

test("an image found twice is the same object", async () => {
  const store = FirmwareStore.open(published().directory);
  assert.is(await findFetched(store, "boat", "1"), store.find("boat", "1"));
  store.close();
});

const DAMAGES: readonly (readonly [string, (path: string) => void, string])[] = [
  ["a flipped bit", (path) => writeFileSync(path, flipped(readFileSync(path))), "contentDiffers"],
  ["a missing end", (path) => truncateSync(path, BYTES.length), "contentDiffers"],
  ["a byte too many", (path) => appendFileSync(path, Buffer.of(0)), "contentDiffers"],
  ["a page too many", (path) => appendFileSync(path, new Uint8Array(PAGE_LENGTH)), "contentDiffers"],
  ["no content", (path) => rmSync(path), "contentMissing"],
  ["a name that leads nowhere", becomeLoop, "contentUnreadable"],
];

function becomeLoop(path: string): void {
  rmSync(path);
  symlinkSync(path, path);
}

function flipped(bytes: Uint8Array): Uint8Array {
  bytes[10_000]! ^= 1;
  return bytes;
}

for (const [what, harm, damaged] of DAMAGES) {
  test(`an image with ${what} is called damaged, each time`, async () => {
    const { directory, path } = published();
    harm(path);
    const store = FirmwareStore.open(directory);
    assert.equal(await findFetched(store, "boat", "1"), { damaged });
    assert.equal(await findFetched(store, "boat", "1"), { damaged });
    store.close();
  });
}

test("a damaged image is served again once its content is restored", async () => {
  const { directory, path } = published();
  renameSync(path, `${path}.away`);
  const store = FirmwareStore.open(directory);
  assert.equal(await findFetched(store, "boat", "1"), { damaged: "contentMissing" });
  renameSync(`${path}.away`, path);
  store.refresh();
  await holdsWhole(store, "1", BYTES);
  store.close();
});

test("an image that is damaged while it is served is called damaged at the next find", async () => {
  const { directory, path } = published();
  const store = FirmwareStore.open(directory);
  const image = await soundImage(store, "boat", "1");
  truncateSync(path, 100);
  assert.is(await readFetched(image, 0, 16), undefined);
  assert.equal(await findFetched(store, "boat", "1"), { damaged: "contentDiffers" });
  store.close();
});

test("a store with ten thousand images opens without reading any", async () => {
  const { directory } = published();
  addMany(directory, 10_000, new Uint8Array(32));
  const store = FirmwareStore.open(directory);
  assert.is(store.list().length, 10_001);
  assert.equal(await findFetched(store, "many", "77"), { damaged: "contentMissing" });
  await holdsWhole(store, "1", BYTES);
  store.close();
});

test("no more images are remembered than the maximum, and a forgotten one is found again", async () => {
  const directory = scratch();
  const store = FirmwareStore.open(directory);
  const { image } = store.publish(requestFor(directory, "1", Uint8Array.of(7)));
  addMany(directory, SERVED_COUNT_MAX + 1, image.sha256);
  const first = await soundImage(store, "many", "0");
  for (let i = 1; i < SERVED_COUNT_MAX; i++) store.find("many", String(i));
  assert.is(await findFetched(store, "many", "0"), first);
  for (let i = 1; i <= SERVED_COUNT_MAX; i++) store.find("many", String(i));
  assert.is.not(await findFetched(store, "many", "0"), first);
  assert.equal([...(await readFetched(await soundImage(store, "many", "0"), 0, 1))!], [7]);
  store.close();
});

test("an image is not there before its digest is checked, and its pages one by one as they are asked for", async () => {
  const store = FirmwareStore.open(published().directory);
  const digest = store.find("boat", "1") as ContentQuestion;
  assert.equal(digest, { question: "boat/1", product: "boat", version: "1", page: undefined });
  await store.fetch(digest);
  const image = store.find("boat", "1") as FirmwareImage;
  const page = image.read(10, 16) as ContentQuestion;
  assert.equal(page, { question: "boat/1#0", product: "boat", version: "1", page: 0 });
  await store.fetch(page);
  assert.equal(image.read(10, 16), BYTES.subarray(10, 26));
  store.close();
});

test("a long image is digested by a thread: this one goes on meanwhile, and the thread ends when it is idle", async () => {
  const directory = scratch();
  const store = FirmwareStore.open(directory);
  store.publish(requestFor(directory, "1", new Uint8Array(64 * 1024 * 1024).fill(3)));
  let turns = 0;
  const counter = setInterval(() => turns++, 0);
  const image = await soundImage(store, "boat", "1");
  clearInterval(counter);
  assert.ok(turns > 5, `${turns} turns`);
  assert.equal(await readFetched(image, 64 * 1024 * 1024 - 1, 1), Uint8Array.of(3));
  truncateSync(join(directory, "images", contentName(image.sha256)), 5_000_000);
  await image.check();
  assert.is(image.damage, "contentDiffers");
  store.close();
});

test("all images are checked in the background: then none asks for its digest, and a damaged one says so", async () => {
  const { directory } = published();
  addMany(directory, 20, new Uint8Array(32));
  const store = FirmwareStore.open(directory);
  await store.checkAll();
  assert.not.ok("question" in store.find("boat", "1")!);
  assert.equal(await findFetched(store, "many", "3"), { damaged: "contentMissing" });
  store.close();
});

test("a store that is closed stops checking", async () => {
  const { directory } = published();
  addMany(directory, 5_000, new Uint8Array(32));
  const store = FirmwareStore.open(directory);
  const checking = store.checkAll();
  store.close();
  await checking;
});

test("a hundred pages that are asked for at once are all loaded, a few at a time", async () => {
  const directory = scratch();
  const store = FirmwareStore.open(directory);
  store.publish(requestFor(directory, "1", new Uint8Array(100 * PAGE_LENGTH).fill(5)));
  const image = await soundImage(store, "boat", "1");
  const questions = Array.from({ length: 100 }, (_, i) => image.read(i * PAGE_LENGTH, 1) as ContentQuestion);
  await Promise.all(questions.map((question) => store.fetch(question)));
  for (let i = 0; i < 100; i++) assert.equal(image.read(i * PAGE_LENGTH, 1), Uint8Array.of(5));
  store.close();
});

test("no more pages are loaded at a time than the maximum, and a load that fails gives its turn on", async () => {
  const loads = new PageLoads();
  let [running, most] = [0, 0];
  const load = async (i: number) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    if (i === 3) throw new Error("planted");
  };
  const ends = await Promise.allSettled(Array.from({ length: 3 * PAGE_LOADS_MAX }, (_, i) => loads.run(() => load(i))));
  assert.equal([most, running, ends.filter(({ status }) => status === "rejected").length], [PAGE_LOADS_MAX, 0, 1]);
});

test("a store of a newer format is refused", () => {
  const { directory } = published();
  const database = new DatabaseSync(join(directory, "firmware.db"));
  database.exec("PRAGMA user_version = 3");
  database.close();
  throwsStoreError(() => FirmwareStore.open(directory), "unknownFormat", "firmware.db", "format 3");
});

test("a damaged index is named", () => {
  const { directory } = published();
  writeFileSync(join(directory, "firmware.db"), "not an index ".repeat(1000));
  throwsStoreError(() => FirmwareStore.open(directory), "damaged", "firmware.db");
});

test("a data directory that is a file is named", () => {
  const path = join(scratch(), "data");
  writeFileSync(path, "");
  throwsStoreError(() => FirmwareStore.open(path), "notADirectory", path);
});

test.run();
