import { readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore, SERVED_COUNT_MAX } from "../../firmware-store/firmware-store.ts";
import { contentName } from "../../firmware-store/image-index.ts";
import { scratchDirectories, throwsStoreError } from "../store/scratch-directory.ts";
import { holdsWhole, requestFor, sampleBytes, soundImage } from "./sample-image.ts";

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

test("an image is served after the store is opened again", () => {
  const { directory } = published();
  const store = FirmwareStore.open(directory);
  holdsWhole(store, "1", BYTES);
  store.close();
});

test("an unknown product, version or impossible name is not there", () => {
  const store = FirmwareStore.open(published().directory);
  soundImage(store, "boat", "1");
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

test("an operator publishes while the server runs: the server finds the image, and is told once", () => {
  const { directory } = published();
  const [server, publisher] = [FirmwareStore.open(directory), FirmwareStore.open(directory)];
  assert.is(server.find("boat", "2"), undefined);
  assert.is(server.refresh(), false);
  publisher.publish(requestFor(directory, "2", sampleBytes(6, 100)));
  assert.is(server.refresh(), true);
  assert.is(server.refresh(), false);
  holdsWhole(server, "2", sampleBytes(6, 100));
  server.close();
  publisher.close();
});

test("an image found twice is the same object", () => {
  const store = FirmwareStore.open(published().directory);
  assert.is(store.find("boat", "1"), store.find("boat", "1"));
  store.close();
});

const DAMAGES: readonly (readonly [string, (path: string) => void, string])[] = [
  ["a flipped bit", (path) => writeFileSync(path, flipped(readFileSync(path))), "content-differs"],
  ["a missing end", (path) => truncateSync(path, BYTES.length - 1), "content-differs"],
  ["a byte too many", (path) => writeFileSync(path, Buffer.concat([BYTES, Buffer.of(0)])), "content-differs"],
  ["no content", (path) => rmSync(path), "content-missing"],
  ["a name that leads nowhere", becomeLoop, "content-unreadable"],
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
  test(`an image with ${what} is called damaged, each time`, () => {
    const { directory, path } = published();
    harm(path);
    const store = FirmwareStore.open(directory);
    assert.equal(store.find("boat", "1"), { damaged });
    assert.equal(store.find("boat", "1"), { damaged });
    store.close();
  });
}

test("a damaged image is served again once its content is restored", () => {
  const { directory, path } = published();
  renameSync(path, `${path}.away`);
  const store = FirmwareStore.open(directory);
  assert.equal(store.find("boat", "1"), { damaged: "content-missing" });
  renameSync(`${path}.away`, path);
  holdsWhole(store, "1", BYTES);
  store.close();
});

test("an image that is damaged while it is served is called damaged at the next find", () => {
  const { directory, path } = published();
  const store = FirmwareStore.open(directory);
  const image = soundImage(store, "boat", "1");
  truncateSync(path, 100);
  assert.is(image.read(0, 16), undefined);
  assert.equal(store.find("boat", "1"), { damaged: "content-differs" });
  store.close();
});

test("a store with ten thousand images opens without reading any", () => {
  const { directory } = published();
  addMany(directory, 10_000, new Uint8Array(32));
  const store = FirmwareStore.open(directory);
  assert.is(store.list().length, 10_001);
  assert.equal(store.find("many", "77"), { damaged: "content-missing" });
  holdsWhole(store, "1", BYTES);
  store.close();
});

test("no more images are remembered than the maximum, and a forgotten one is found again", () => {
  const directory = scratch();
  const store = FirmwareStore.open(directory);
  const { image } = store.publish(requestFor(directory, "1", Uint8Array.of(7)));
  addMany(directory, SERVED_COUNT_MAX + 1, image.sha256);
  const first = soundImage(store, "many", "0");
  for (let i = 1; i < SERVED_COUNT_MAX; i++) store.find("many", String(i));
  assert.is(store.find("many", "0"), first);
  for (let i = 1; i <= SERVED_COUNT_MAX; i++) store.find("many", String(i));
  assert.is.not(store.find("many", "0"), first);
  assert.equal([...soundImage(store, "many", "0").read(0, 1)!], [7]);
  store.close();
});

test("a store of a newer format is refused", () => {
  const { directory } = published();
  const database = new DatabaseSync(join(directory, "firmware.db"));
  database.exec("PRAGMA user_version = 2");
  database.close();
  throwsStoreError(() => FirmwareStore.open(directory), "unknown-format", "firmware.db", "format 2");
});

test("a damaged index is named", () => {
  const { directory } = published();
  writeFileSync(join(directory, "firmware.db"), "not an index ".repeat(1000));
  throwsStoreError(() => FirmwareStore.open(directory), "damaged", "firmware.db");
});

test("a data directory that is a file is named", () => {
  const path = join(scratch(), "data");
  writeFileSync(path, "");
  throwsStoreError(() => FirmwareStore.open(path), "not-a-directory", path);
});

test.run();
