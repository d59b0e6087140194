import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BlockSize } from "../../src/device/block-size.ts";
import { PassingSize } from "../../src/device/passing-size.ts";

const passingSize = suite("passing-size");

const SZX_1024 = 6;
const SZX_256 = 4;
const SZX_64 = 2;

/** One that has found out that 256 bytes pass, by pieces of which this was the first to come. */
function found256(): PassingSize {
  const passing = new PassingSize();
  passing.search();
  passing.answered(SZX_256, SZX_1024);
  return passing;
}

/** How many answers go by until the next trial, of which the block gets lost. */
function answersUntilTrial(passing: PassingSize, usualLoss: number): number {
  let answers = 0;
  for (; !passing.isTrialDue; answers++) passing.answered(SZX_256, SZX_256);
  passing.tried();
  passing.lost(SZX_256 + 1, usualLoss);
  return answers;
}

passingSize("a block of 1024 bytes is asked for in pieces of every size from 512 to 64, which are all of it", () => {
  const size = new BlockSize(SZX_1024, false);
  assert.equal(
    size.search(SZX_1024).map(({ offset, szx }) => [offset, 2 ** (szx + 4)]),
    [
      [0, 512],
      [512, 256],
      [768, 128],
      [896, 64],
      [960, 64],
    ],
  );
});

passingSize("RFC 7959 2.2: pieces are not smaller than NUM reaches to the end of the image with", () => {
  const size = new BlockSize(SZX_1024, false);
  size.reach(2 ** 20 * 256 + 1);
  assert.equal(
    size.search(SZX_1024).map(({ szx }) => szx),
    [5, 5],
  );
});

passingSize("the first piece that comes is the size to go on with, and a larger one that comes later raises it", () => {
  const size = new BlockSize(SZX_1024, false);
  size.search(SZX_1024);
  size.answered(SZX_64);
  assert.is(size.szx, SZX_64);
  size.answered(SZX_256);
  assert.is(size.szx, SZX_256);
});

passingSize("where the large block comes after all, it was late, and blocks stay large", () => {
  const size = new BlockSize(SZX_1024, false);
  size.search(SZX_1024);
  size.answered(SZX_1024);
  assert.is(size.szx, SZX_1024);
});

passingSize("the next size is tried at once, and where it passes the one after it", () => {
  const size = new BlockSize(SZX_1024, false);
  size.search(SZX_1024);
  size.answered(SZX_256);
  for (const szx of [5, SZX_1024]) {
    assert.is(size.trialSzx, szx);
    size.tried();
    assert.is(size.trialSzx, undefined);
    size.answered(szx);
    assert.is(size.szx, szx);
  }
  assert.is(size.trialSzx, undefined);
});

passingSize(
  "RFC 8899 5.1.2: after three trials in vain a size rests for 64 answers, then for twice as many each time",
  () => {
    const passing = found256();
    const rests = Array.from({ length: 9 }, () => answersUntilTrial(passing, 0));
    assert.equal(rests, [0, 8, 8, 64, 128, 256, 512, 1_024, 1_024]);
  },
);

passingSize("where every second block gets lost, ten trials in vain tell, and not three", () => {
  const passing = found256();
  const rests = Array.from({ length: 12 }, () => answersUntilTrial(passing, 0.5));
  assert.equal(rests, [0, 8, 8, 8, 8, 8, 8, 8, 8, 8, 64, 128]);
});

passingSize("a new association remembers what does not pass, and has to see anew what does", () => {
  const passing = found256();
  passing.handleReconnection();
  assert.is(passing.szxMax, SZX_256);
  assert.not.ok(passing.hasPassed(SZX_64));
});

passingSize("losses of a size that is out of use are no reason for the one in use to shrink", () => {
  const size = new BlockSize(SZX_1024, false);
  size.search(SZX_1024);
  size.answered(SZX_256);
  for (let i = 0; i < 4; i++) size.lost(SZX_1024);
  assert.is(size.szx, SZX_256);
  assert.ok(size.explainsLoss(SZX_1024));
  assert.not.ok(size.explainsLoss(SZX_256));
});

passingSize("blocks whose size is fixed are never suspect", () => {
  assert.not.ok(new BlockSize(SZX_1024, true).isSuspect);
});

passingSize.run();
