import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY } from "../../src/base/bytes.ts";
import { blockOption, blockSizeOf, decodeBlock, NUM_MAX, offsetOf, szxOf } from "../../src/coap/block.ts";

const block = suite("block");

block("RFC 7959 2.2: an empty value is NUM 0, M 0, 16 bytes", () => {
  assert.equal(decodeBlock(EMPTY), { num: 0, more: false, szx: 0 });
});

block("RFC 7959 2.2: values of one, two and three bytes", () => {
  assert.equal(decodeBlock(Uint8Array.of(0x1e)), { num: 1, more: true, szx: 6 });
  assert.equal(decodeBlock(Uint8Array.of(0x12, 0x36)), { num: 0x123, more: false, szx: 6 });
  assert.equal(decodeBlock(Uint8Array.of(0xff, 0xff, 0xfe)), { num: NUM_MAX, more: true, szx: 6 });
});

block("RFC 7959 2.2: the largest NUM is 2^20 - 1, and one more is a mistake of ours", () => {
  assert.equal(decodeBlock(blockOption(23, { num: NUM_MAX, more: false, szx: 0 }).value).num, 1_048_575);
  assert.throws(() => blockOption(23, { num: NUM_MAX + 1, more: false, szx: 0 }));
});

block("RFC 7959 2.2: SZX 0 to 6 is 16 to 1024 bytes", () => {
  assert.equal([0, 1, 2, 3, 4, 5, 6].map(blockSizeOf), [16, 32, 64, 128, 256, 512, 1024]);
  assert.equal([16, 32, 64, 128, 256, 512, 1024].map(szxOf), [0, 1, 2, 3, 4, 5, 6]);
});

block("a size that is no block size is refused where an operator's value comes in", () => {
  for (const size of [0, 8, 24, 1_000, 2_048]) assert.throws(() => szxOf(size));
});

block("RFC 7959 2.2: the offset of a block is NUM times its size", () => {
  assert.is(offsetOf({ num: NUM_MAX, more: false, szx: 6 }), 1_048_575 * 1_024);
});

block.run();
