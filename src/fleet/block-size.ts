// Which block size a device's next transfer shall have, by what its latest ones lost: smaller where large ones were lost, larger
// again where hardly any was. A device that asks for small blocks gets them whatever is said here.

import type { LinkFigures } from "./device.ts";

export const BLOCK_SIZE_MIN = 64;
export const BLOCK_SIZE_MAX = 1_024;

/** Fewer blocks say nothing. */
const JUDGED_AFTER = 16;

/** Of blocks that had gone out before: above this a size is too large, below that a larger one may be tried. */
const RESENT_MANY = 0.2;
const RESENT_FEW = 0.03;

/** Undefined while nothing is known. */
export function blockSizeFor(link: LinkFigures | undefined): number | undefined {
  if (link === undefined || link.blocks < JUDGED_AFTER) return undefined;
  const resent = link.resends / link.blocks;
  if (resent > RESENT_MANY) return Math.max(BLOCK_SIZE_MIN, link.blockSize / 2);
  if (resent < RESENT_FEW) return Math.min(BLOCK_SIZE_MAX, link.blockSize * 2);
  return link.blockSize;
}
