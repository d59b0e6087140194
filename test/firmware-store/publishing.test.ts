import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { imageDisk } from "../../firmware-store/image-disk.ts";
import { contentName } from "../../firmware-store/image-index.ts";
import { PAGE_LENGTH } from "../../firmware-store/page-cache.ts";
import { IMAGE_LENGTH_MAX } from "../../src/firmware/image-length.ts";
import { scratchDirectories, throwsStoreError } from "../store/scratch-directory.ts";
import { findFetched, holdsWhole, requestFor, sampleBytes } from "./sample-image.ts";

const test = suite("publishing");
const scratch = scratchDirectories(test);

async function withStore(work: (store: FirmwareStore, directory: string) => Promise<void>): Promise<void> {
  const directory = scratch();
  const store = FirmwareStore.open(directory);
  try {
    await work(store, directory);
  } finally {
    store.close();
  }
}

function contents(directory: string): string[] {
  return readdirSync(join(directory, "images"));
}

test("a published image has the file's length, its SHA-256 and the time it was told", () => {
  return withStore(async (store, directory) => {
    const bytes = sampleBytes(1, 102_432);
    const { created, image } = store.publish(requestFor(directory, "1.0", bytes));
    assert.is(created, true);
    assert.is(image.length, 102_432);
    assert.equal(Buffer.from(image.sha256), createHash("sha256").update(bytes).digest());
    assert.is(image.publishedAt, 1_000);
    const [listed] = store.list();
    assert.equal({ ...listed }, image);
  });
});

test("the content lies sealed under its digest, page by page, and nothing else is left", () => {
  return withStore(async (store, directory) => {
    const bytes = sampleBytes(1, 3_000_000);
    const { image } = store.publish(requestFor(directory, "1", bytes));
    assert.equal(contents(directory), [contentName(image.sha256)]);
    const sealed = readFileSync(join(directory, "images", contentName(image.sha256)));
    assert.is(sealed.length, bytes.length + 16 * Math.ceil(bytes.length / PAGE_LENGTH));
  });
});

test("the same bytes again: nothing new, and the first time stays", () => {
  return withStore(async (store, directory) => {
    const request = requestFor(directory, "1", sampleBytes(1, 500));
    store.publish(request);
    const { created, image } = store.publish({ ...request, publishedAt: 2_000 });
    assert.is(created, false);
    assert.is(image.publishedAt, 1_000);
    assert.is(store.list().length, 1);
    assert.is(contents(directory).length, 1);
  });
});

test("other bytes under a published version are refused and leave nothing", () => {
  return withStore(async (store, directory) => {
    const bytes = sampleBytes(1, 500);
    store.publish(requestFor(directory, "1", bytes));
    const other = requestFor(directory, "1", sampleBytes(2, 500));
    throwsStoreError(() => store.publish(other), "imagePublished", "/fw/boat/1", "new version");
    await holdsWhole(store, "1", bytes);
    assert.is(contents(directory).length, 1);
  });
});

test("the same bytes under another version share one content", () => {
  return withStore(async (store, directory) => {
    const bytes = sampleBytes(1, 500);
    store.publish(requestFor(directory, "1", bytes));
    assert.is(store.publish(requestFor(directory, "2", bytes)).created, true);
    assert.is(contents(directory).length, 1);
    await holdsWhole(store, "2", bytes);
  });
});

test("bytes that are in memory are published as they are, and no file is read", () => {
  return withStore(async (store) => {
    const bytes = sampleBytes(1, 2_500_000);
    const calls: [number, number][] = [];
    const onProgress = (done: number, total: number) => calls.push([done, total]);
    const request = { file: "/nowhere.bundle", bytes, product: "boat", version: "1", publishedAt: 0, onProgress };
    assert.is(store.publish(request).created, true);
    assert.equal(calls.at(-1), [2_500_000, 2_500_000]);
    await holdsWhole(store, "1", bytes);
    const empty = { ...request, bytes: new Uint8Array(0), version: "2" };
    throwsStoreError(() => store.publish(empty), "imageLength", "/nowhere.bundle", "empty");
  });
});

test("a source that grows while it is read is published as it was read", () => {
  return withStore(async (store, directory) => {
    const bytes = sampleBytes(1, 2_000_000);
    const request = requestFor(directory, "1", bytes);
    let grown = false;
    const { image } = store.publish({
      ...request,
      onProgress: () => {
        if (!grown) appendFileSync(request.file, "more");
        grown = true;
      },
    });
    assert.is(image.length, 2_000_004);
    await holdsWhole(store, "1", Buffer.concat([bytes, Buffer.from("more")]));
  });
});

test("a source that shrinks while it is read is published as it was read", () => {
  return withStore(async (store, directory) => {
    const bytes = sampleBytes(1, 2_000_000);
    const request = requestFor(directory, "1", bytes);
    const { image } = store.publish({ ...request, onProgress: () => truncateSync(request.file, 10) });
    await holdsWhole(store, "1", bytes.subarray(0, image.length));
  });
});

test("progress is told for each mebibyte and ends at the whole", () => {
  return withStore(async (store, directory) => {
    const calls: [number, number][] = [];
    const request = requestFor(directory, "1", sampleBytes(1, 2_500_000));
    store.publish({ ...request, onProgress: (done, total) => calls.push([done, total]) });
    assert.equal(calls, [
      [1_048_576, 2_500_000],
      [2_097_152, 2_500_000],
      [2_500_000, 2_500_000],
    ]);
  });
});

test("what a dead publisher left is gone after the next", () => {
  return withStore(async (store, directory) => {
    writeFileSync(join(directory, "images", "publishing"), sampleBytes(9, 100_000));
    const { image } = store.publish(requestFor(directory, "1", sampleBytes(1, 500)));
    assert.equal(contents(directory), [contentName(image.sha256)]);
  });
});

test("publishing the same file again heals a damaged content", () => {
  return withStore(async (store, directory) => {
    const bytes = sampleBytes(1, 500);
    const request = requestFor(directory, "1", bytes);
    const { image } = store.publish(request);
    truncateSync(join(directory, "images", contentName(image.sha256)), 10);
    for (let i = 0; i < 3; i++) assert.equal(await findFetched(store, "boat", "1"), { damaged: "contentDiffers" });
    assert.is(store.publish(request).created, false);
    store.refresh();
    await holdsWhole(store, "1", bytes);
  });
});

test("one byte is an image, none is not", () => {
  return withStore(async (store, directory) => {
    store.publish(requestFor(directory, "1", Uint8Array.of(7)));
    const empty = requestFor(directory, "2", new Uint8Array(0));
    throwsStoreError(() => store.publish(empty), "imageLength", empty.file, "empty");
  });
});

test("RFC 7959 2.2: more than 2^20 blocks of 1024 bytes are refused before any is read", () => {
  return withStore(async (store, directory) => {
    const request = requestFor(directory, "1", Uint8Array.of(7));
    truncateSync(request.file, IMAGE_LENGTH_MAX + 1);
    const onProgress = () => assert.unreachable("it was read");
    throwsStoreError(() => store.publish({ ...request, onProgress }), "imageLength", "2^20 blocks", "1073741825");
  });
});

test("a bad name is refused before the file is opened", () => {
  return withStore(async (store) => {
    const request = { file: "/nowhere", product: "a/b", version: "1", publishedAt: 0 };
    throwsStoreError(() => store.publish(request), "imageName", '"/"');
  });
});

test("a missing file and a directory are named", () => {
  return withStore(async (store, directory) => {
    const file = join(directory, "missing.bin");
    const request = { file, product: "boat", version: "1", publishedAt: 0 };
    throwsStoreError(() => store.publish(request), "unreadable", file, "ENOENT");
    mkdirSync(file);
    throwsStoreError(() => store.publish(request), "unreadable", file, "not a regular file");
  });
});

test("a full disk is named, and leaves nothing", () => {
  const directory = scratch();
  const full = () => {
    throw new Error("ENOSPC: no space left on device, write");
  };
  const store = FirmwareStore.open(directory, { disk: { ...imageDisk, write: full } });
  const request = requestFor(directory, "1", sampleBytes(1, 500));
  throwsStoreError(() => store.publish(request), "unwritable", "no space left");
  assert.equal(contents(directory), []);
  assert.equal(store.list(), []);
  store.close();
});

test.run();
