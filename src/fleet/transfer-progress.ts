// The news of a transfer as the fleet hears of it.

import type { Progress } from "./fleet-event.ts";

/** What a server says of a transfer: `percent` of the image came, in answers of `bytes` in all. */
export interface SeenTransfer {
  readonly image: { readonly length: number; readonly version: string };
  readonly percent: number;
  readonly blocks: number;
  readonly resends: number;
  readonly bytes: number;
  readonly seconds: number;
}

/** The largest block, RFC 7959 2.2. */
const BLOCK_SIZE_MAX = 1_024;
const BLOCK_SIZE_MIN = 16;

export function progressOf({ image, percent, blocks, resends, bytes, seconds }: SeenTransfer): Progress {
  const { length: size, version } = image;
  // Different bytes, to the percent: what came twice is in `blocks`.
  const different = Math.floor((size * percent) / 100);
  return { version, bytes: different, size, blocks, resends, blockSize: blockSizeOf(bytes, blocks), seconds };
}

/** The last block of an image is shorter than the others, so the size is what their mean is nearest to from above. */
function blockSizeOf(bytes: number, blocks: number): number {
  if (blocks === 0) return BLOCK_SIZE_MAX;
  const size = 2 ** Math.ceil(Math.log2(bytes / blocks));
  return Math.min(Math.max(size, BLOCK_SIZE_MIN), BLOCK_SIZE_MAX);
}
