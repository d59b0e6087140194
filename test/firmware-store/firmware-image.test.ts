import {
  closeSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ContentFile, OPEN_FILE_COUNT_MAX, OpenFiles } from "../../firmware-store/content-file.ts";
import { Digests } from "../../firmware-store/digests.ts";
import { FirmwareImage } from "../../firmware-store/firmware-image.ts";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { contentName } from "../../firmware-store/image-index.ts";
import { PAGE_LENGTH, PageCache } from "../../firmware-store/page-cache.ts";
import { SEALED_PAGE_LENGTH } from "../../firmware-store/sealed-pages.ts";
import { etagOf } from "../../src/firmware/image-etag.ts";
import { DataKeys } from "../../src/store/data-keys.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { readFetched, requestFor, sampleBytes, soundImage } from "./sample-image.ts";

const test = suite("firmware-image");
const scratch = scratchDirectories(test);

const BYTES = sampleBytes(3, 3 * PAGE_LENGTH + 100);

interface Served {
  readonly directory: string;
  readonly store: FirmwareStore;
  readonly image: FirmwareImage;
  readonly path: string;
}

async function served(cacheBytesMax?: number): Promise<Served> {
  const directory = scratch();
  const store = FirmwareStore.open(directory, cacheBytesMax === undefined ? {} : { cacheBytesMax });
  store.publish(requestFor(directory, "1", BYTES));
  const image = await soundImage(store, "boat", "1");
  return { directory, store, image, path: join(directory, "images", contentName(image.sha256)) };
}

function isBytes(found: Uint8Array | undefined, start: number, end: number): void {
  assert.ok(found !== undefined && Buffer.from(BYTES.subarray(start, end)).equals(found), `${start} to ${end} differ`);
}

test("RFC 7252 5.10.6: the ETag is the first 8 bytes of the SHA-256", async () => {
  const { store, image } = await served();
  assert.is(image.etag.length, 8);
  assert.equal(image.etag, image.sha256.subarray(0, 8));
  assert.equal(etagOf(image.sha256), image.etag);
  store.close();
});

test("RFC 7252 12.3: the Content-Format is application/octet-stream", async () => {
  const { store, image } = await served();
  assert.is(image.contentFormat, 42);
  store.close();
});

for (const blockSize of [16, 32, 64, 128, 256, 512, 1024, 1000]) {
  test(`blocks of ${blockSize} bytes make up the image`, async () => {
    const { store, image } = await served();
    for (let offset = 0; offset < BYTES.length; offset += blockSize) {
      const end = Math.min(offset + blockSize, BYTES.length);
      isBytes(await readFetched(image, offset, end - offset), offset, end);
    }
    store.close();
  });
}

test("a read within a page is a view, not a copy", async () => {
  const { store, image } = await served();
  const read = await readFetched(image, 0, 16);
  assert.is(read?.buffer, (await readFetched(image, 1024, 16))?.buffer);
  store.close();
});

test("a read over several pages is joined", async () => {
  const { store, image } = await served();
  isBytes(await readFetched(image, PAGE_LENGTH - 1, PAGE_LENGTH + 2), PAGE_LENGTH - 1, 2 * PAGE_LENGTH + 1);
  isBytes(await readFetched(image, 0, BYTES.length), 0, BYTES.length);
  store.close();
});

test("a read of nothing, also at the end, is empty", async () => {
  const { store, image } = await served();
  assert.is((await readFetched(image, BYTES.length, 0))?.length, 0);
  store.close();
});

test("a read outside the image is our own mistake", async () => {
  const { store, image } = await served();
  assert.throws(() => image.read(BYTES.length, 1), "outside the image");
  assert.throws(() => image.read(-1, 1), "outside the image");
  store.close();
});

test("an image larger than the page cache is read right", async () => {
  const { store, image } = await served(2 * PAGE_LENGTH);
  for (const offset of [0, 3 * PAGE_LENGTH, PAGE_LENGTH, 2 * PAGE_LENGTH, 0]) {
    isBytes(await readFetched(image, offset, 100), offset, offset + 100);
  }
  store.close();
});

test("the page cache holds no more than its bytes", () => {
  const pages = new PageCache(2 * PAGE_LENGTH);
  const content = pages.register();
  for (let i = 0; i < 5; i++) pages.keep(content, i, new Uint8Array(PAGE_LENGTH));
  assert.is(pages.bytes, 2 * PAGE_LENGTH);
});

test("the array of a page that was dropped serves for the next one, and for no page that is shorter", () => {
  const pages = new PageCache(2 * PAGE_LENGTH);
  const content = pages.register();
  const arrays = Array.from({ length: 3 }, () => new Uint8Array(PAGE_LENGTH));
  for (const [i, array] of arrays.entries()) pages.keep(content, i, array);
  assert.is(pages.arrayFor(100).length, 100);
  assert.is(pages.arrayFor(PAGE_LENGTH), arrays[0]);
  const fresh = pages.arrayFor(PAGE_LENGTH);
  assert.not.ok(arrays.some((array) => array === fresh));
});

test("two images' pages of one number are not mixed up", () => {
  const pages = new PageCache(2 * PAGE_LENGTH);
  const [a, b] = [pages.register(), pages.register()];
  pages.keep(a, 0, Uint8Array.of(1));
  assert.is(pages.find(b, 0), undefined);
  pages.keep(b, 0, Uint8Array.of(2));
  assert.equal([pages.find(a, 0), pages.find(b, 0)], [Uint8Array.of(1), Uint8Array.of(2)]);
});

test("no more files are open than the maximum, and a closed one is opened again", async () => {
  const directory = scratch();
  const files = new OpenFiles();
  const paths = Array.from({ length: OPEN_FILE_COUNT_MAX + 1 }, (_, i) => join(directory, String(i)));
  for (const path of paths) {
    writeFileSync(path, "");
    await files.handle(path);
  }
  assert.is(files.size, OPEN_FILE_COUNT_MAX);
  await files.handle(paths[0]!);
  assert.is(files.size, OPEN_FILE_COUNT_MAX);
  files.closeAll();
});

test("a content that was cut while served gives no bytes", async () => {
  const { store, image, path } = await served();
  await readFetched(image, 0, 16);
  truncateSync(path, 2 * PAGE_LENGTH);
  assert.is(await readFetched(image, PAGE_LENGTH, 16), undefined);
  assert.is(image.damage, "contentDiffers");
  store.close();
});

test("a content that was overwritten while served gives no bytes", async () => {
  const { store, image, path } = await served();
  await readFetched(image, 0, 16);
  writeFileSync(path, sampleBytes(4, BYTES.length));
  utimesSync(path, 1, 1);
  assert.is(await readFetched(image, PAGE_LENGTH, 16), undefined);
  assert.is(image.damage, "contentDiffers");
  store.close();
});

test("one bit flipped at 1,000 random places of the stored file: its page is refused though the file looks untouched, and so is the file", async () => {
  const { store, image, path } = await served();
  const seed = Number(process.env["NARROWBOAT_SEED"] ?? process.pid);
  const random = new SeededRandom(seed);
  const { size } = statSync(path);
  const file = openSync(path, "r+");
  // As a disk does it: neither the length nor the time of the file tell of it.
  const flip = (at: number, bit: number) => {
    const byte = new Uint8Array(1);
    readSync(file, byte, 0, 1, at);
    byte[0]! ^= 1 << bit;
    writeSync(file, byte, 0, 1, at);
    utimesSync(path, 1, 1);
  };
  utimesSync(path, 1, 1);
  await image.check();
  for (let i = 0; i < 1_000; i++) {
    const [at, bit] = [random.below(size), random.below(8)];
    flip(at, bit);
    await image.load(Math.floor(at / SEALED_PAGE_LENGTH));
    assert.is(image.damage, "contentDiffers", `bit ${bit} of byte ${at}, seed ${seed}`);
    if (i % 50 === 0) {
      await image.check();
      assert.is(image.damage, "contentDiffers", `bit ${bit} of byte ${at}, seed ${seed}`);
    }
    flip(at, bit);
    await image.load(Math.floor(at / SEALED_PAGE_LENGTH));
    assert.is(image.damage, undefined);
  }
  closeSync(file);
  await image.check();
  assert.ok(image.sound);
  store.close();
});

test("a content that was touched and not changed is served on", async () => {
  const { store, image, path } = await served();
  utimesSync(path, 1, 1);
  isBytes(await readFetched(image, PAGE_LENGTH, 16), PAGE_LENGTH, PAGE_LENGTH + 16);
  store.close();
});

test("a content that was removed while its file was closed gives no bytes", async () => {
  const { directory, path, store, image } = await served();
  store.close();
  const files = new OpenFiles();
  const keys = DataKeys.open(directory);
  const key = keys.find(1, "image");
  keys.close();
  const content = new ContentFile(files, new Digests(), path, image.length, image.sha256, () => key);
  const reopened = new FirmwareImage(image, content, new PageCache(PAGE_LENGTH));
  await reopened.check();
  assert.ok(reopened.sound);
  rmSync(path);
  files.close(path);
  assert.is(await readFetched(reopened, 0, 16), undefined);
  assert.is(reopened.damage, "contentMissing");
});

test.run();
