// Images that are too large to be kept beside what was published of them: each byte follows from where it stands.

import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";

/** Of no power of two, so that blocks of different numbers differ. */
const PIECE = sampleBytes(3, 1_000_003);
const PIECES_AT_ONCE = 8;

/** Publishes boat/`version`. */
export function publishLarge(directory: string, version: string, length: number): void {
  const file = join(directory, `${version}.bin`);
  const many = Buffer.concat(Array.from({ length: PIECES_AT_ONCE }, () => PIECE));
  for (let written = 0; written < length; written += many.length) {
    appendFileSync(file, many.subarray(0, length - written));
  }
  const store = FirmwareStore.open(directory);
  store.publish({ file, product: "boat", version, publishedAt: 1_000 });
  store.close();
  rmSync(file);
}

/** What stands there in each of them. */
export function largeImageBytes(offset: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => PIECE[(offset + i) % PIECE.length]!);
}
