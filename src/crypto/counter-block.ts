// NIST SP 800-38A 6.5: the counter block of CTR, as a number of 128 bits. GCM counts its last 32 alone (SP 800-38D 6.5), which
// is the same for every image that is shorter than 64 GiB.

import { copyOf } from "../base/bytes.ts";

export const COUNTER_BLOCK_LENGTH = 16;

/** SP 800-38D 7.1: of the first block of plaintext; the one before is the tag's. */
const GCM_FIRST = 2;

/** The counter block that is `count` blocks further. */
export function laterCounterBlock(block: Uint8Array, count: number): Uint8Array {
  const later = copyOf(block);
  let carry = count;
  for (let at = COUNTER_BLOCK_LENGTH - 1; carry > 0 && at >= 0; at--) {
    const sum = later[at]! + (carry % 256);
    later[at] = sum;
    carry = Math.floor(carry / 256) + (sum > 255 ? 1 : 0);
  }
  return later;
}

/** GCM's for the first block of plaintext under a nonce of 12 bytes. */
export function gcmCounterBlock(nonce: Uint8Array): Uint8Array {
  const block = new Uint8Array(COUNTER_BLOCK_LENGTH);
  block.set(nonce);
  block[COUNTER_BLOCK_LENGTH - 1] = GCM_FIRST;
  return block;
}
