// Made-up images that tests can make again from a number, and what it means that a store holds them whole.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { FirmwareImage } from "../../firmware-store/firmware-image.ts";
import type { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import type { PublishRequest } from "../../firmware-store/publishing.ts";
import type { ContentQuestion } from "../../src/firmware/catalogue.ts";

/** Bytes of each image that publish-series.ts makes from its version. */
export const SERIES_LENGTH = 300_000;

/** `length` bytes, others for each `seed`. */
export function sampleBytes(seed: number, length: number): Uint8Array {
  let state = seed;
  return new Uint8Array(length).map(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

/** Writes `bytes` to a file beside the store and gives what publishes them as product "boat". */
export function requestFor(directory: string, version: string, bytes: Uint8Array): PublishRequest {
  const file = join(directory, `source-${version}.bin`);
  writeFileSync(file, bytes);
  return { file, product: "boat", version, publishedAt: 1_000 };
}

/** What the store says of an image once it has fetched what it asks for. */
export async function findFetched(store: FirmwareStore, product: string, version: string) {
  const found = store.find(product, version);
  if (found === undefined || !("question" in found)) return found;
  await store.fetch(found);
  const settled = store.find(product, version);
  assert.not.ok(settled !== undefined && "question" in settled, "the store asks again what it has fetched");
  return settled as Exclude<typeof settled, ContentQuestion>;
}

/** The image, which must be there and sound. */
export async function soundImage(store: FirmwareStore, product: string, version: string): Promise<FirmwareImage> {
  const found = await findFetched(store, product, version);
  assert.ok(found, `${version} is not there`);
  assert.not.ok("damaged" in found!, `${version} is damaged`);
  return found as FirmwareImage;
}

/** Bytes of an image, whose pages are loaded one by one as it asks for them; undefined when it turns out damaged. */
export async function readFetched(image: FirmwareImage, offset: number, length: number) {
  for (;;) {
    const read = image.read(offset, length);
    if (read === undefined || read instanceof Uint8Array) return read;
    await image.load(read.page!);
  }
}

/** Fails unless the store serves exactly `bytes` as this version of product "boat". */
export async function holdsWhole(store: FirmwareStore, version: string, bytes: Uint8Array): Promise<void> {
  const image = await soundImage(store, "boat", version);
  assert.is(image.length, bytes.length);
  const read = await readFetched(image, 0, image.length);
  assert.ok(Buffer.from(read!).equals(bytes), `${version} has other bytes`);
}
