import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BlockSize } from "../../src/device/block-size.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const blockSize = suite("block-size");

const SZX_1024 = 6;

/** Sends `count` blocks of the size of the moment over a link that loses a block of `length` bytes with `lossOf(length)`. */
function sendOver(size: BlockSize, lossOf: (length: number) => number, count: number): number[] {
  const random = new SeededRandom(3);
  const sent = new Array<number>(SZX_1024 + 1).fill(0);
  for (let i = 0; i < count; i++) {
    const { szx } = size;
    sent[szx]!++;
    if (random.below(1_000) < 1_000 * lossOf(2 ** (szx + 4))) size.lost(szx);
    else size.answered(szx);
  }
  return sent;
}

blockSize("without loss the largest is kept", () => {
  const size = new BlockSize(SZX_1024, false);
  assert.is(sendOver(size, () => 0, 500)[SZX_1024], 500);
});

blockSize("a little loss by the packet never makes blocks smaller", () => {
  const size = new BlockSize(SZX_1024, false);
  assert.is(sendOver(size, () => 0.05, 1_000)[SZX_1024], 1_000);
});

blockSize("heavy loss by the packet makes it try smaller ones, and stay with the largest", () => {
  const size = new BlockSize(SZX_1024, false);
  const sent = sendOver(size, () => 0.4, 2_000);
  assert.ok(sent[SZX_1024]! > 1_200, sent.join());
});

blockSize("where loss is by the byte it finds a size that arrives", () => {
  const size = new BlockSize(SZX_1024, false);
  // 1024 bytes arrive in 7 % of all cases, 256 in 52 %, 128 in 72 %.
  const sent = sendOver(size, (length) => 1 - 0.9974 ** length, 1_000);
  assert.ok(sent[SZX_1024]! < 100, sent.join());
  assert.ok(sent[3]! + sent[4]! > 700, sent.join());
});

blockSize("blocks that never arrive become smaller after four losses each", () => {
  const size = new BlockSize(SZX_1024, false);
  const sent = sendOver(size, (length) => (length > 256 ? 1 : 0), 8);
  assert.equal([sent[6], sent[5], size.szx], [4, 4, 4]);
});

blockSize("when the link becomes better the size grows again", () => {
  const size = new BlockSize(SZX_1024, false);
  sendOver(size, (length) => (length > 256 ? 1 : 0), 100);
  sendOver(size, () => 0, 1_000);
  assert.is(size.szx, SZX_1024);
});

blockSize("RFC 7959 2.4: it never grows above what the server gave", () => {
  const size = new BlockSize(SZX_1024, false);
  size.limitTo(4);
  sendOver(size, () => 0, 1_000);
  assert.is(size.szx, 4);
});

blockSize("a size that is fixed stays, whatever is lost, and follows only the server", () => {
  const size = new BlockSize(5, true);
  sendOver(size, () => 0.9, 100);
  assert.is(size.szx, 5);
  size.limitTo(2);
  assert.is(size.szx, 2);
});

blockSize("RFC 7959 2.2: blocks are never too small for NUM to reach the end of the body", () => {
  const size = new BlockSize(SZX_1024, false);
  assert.ok(size.reach(2 ** 20 * 64 + 1));
  const sent = sendOver(size, () => 1, 200);
  assert.equal(sent.slice(0, 3), [0, 0, 0]);
  assert.ok(sent[3]! > 0);
});

blockSize("RFC 7959 2.2: where no allowed size reaches the end, that is told", () => {
  const size = new BlockSize(SZX_1024, false);
  size.limitTo(0);
  assert.ok(size.reach(2 ** 24));
  assert.not.ok(size.reach(2 ** 24 + 1));
});

blockSize("a server that fell silent says nothing of sizes: the next association begins with what was answered", () => {
  const size = new BlockSize(SZX_1024, false);
  for (let i = 0; i < 3; i++) size.answered(SZX_1024);
  for (let i = 0; i < 5; i++) size.lost(size.szx);
  assert.ok(size.szx < SZX_1024);
  size.handleReconnection();
  assert.is(size.szx, SZX_1024);
});

blockSize("where nothing was ever answered, a new association goes on with the smaller blocks", () => {
  const size = new BlockSize(SZX_1024, false);
  for (let i = 0; i < 5; i++) size.lost(size.szx);
  const smaller = size.szx;
  assert.ok(smaller < SZX_1024);
  size.handleReconnection();
  assert.is(size.szx, smaller);
});

blockSize.run();
