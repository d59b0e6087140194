// Made-up images that tests can make again from a number, and what it means that a store holds them whole.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { FirmwareImage } from "../../firmware-store/firmware-image.ts";
import type { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import type { PublishRequest } from "../../firmware-store/publishing.ts";

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

/** The image, which must be there and sound. */
export function soundImage(store: FirmwareStore, product: string, version: string): FirmwareImage {
  const found = store.find(product, version);
  assert.ok(found, `${version} is not there`);
  assert.not.ok("damaged" in found, `${version} is damaged`);
  return found as FirmwareImage;
}

/** Fails unless the store serves exactly `bytes` as this version of product "boat". */
export function holdsWhole(store: FirmwareStore, version: string, bytes: Uint8Array): void {
  const image = soundImage(store, "boat", version);
  assert.is(image.length, bytes.length);
  assert.ok(Buffer.from(image.read(0, image.length)!).equals(bytes), `${version} has other bytes`);
}
