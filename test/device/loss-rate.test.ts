import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LossRate } from "../../src/device/loss-rate.ts";

const lossRate = suite("loss-rate");

/** Later than all that a test counts as unanswered. */
const LATEST = 1_000;

/** What is known after so many exchanges, of which `lost` got lost, evenly spread. */
function after(answered: number, lost: number): LossRate {
  const rate = new LossRate();
  for (let i = 0; i < answered; i++) {
    rate.answered(LATEST);
    for (let losses = Math.floor(((i + 1) * lost) / answered) - Math.floor((i * lost) / answered); losses > 0; losses--)
      rate.lost();
  }
  return rate;
}

lossRate("where nothing is known, or nothing gets lost, a single transmission without an answer tells", () => {
  assert.is(new LossRate().tellingCount, 1);
  assert.is(after(1_000, 0).tellingCount, 1);
});

lossRate("loss^n < 0.001: two tell at 1 %, three at 10 %, five at 25 %, ten at 50 %", () => {
  assert.is(after(50, 1).tellingCount, 2);
  assert.is(after(54, 6).tellingCount, 3);
  assert.is(after(36, 12).tellingCount, 5);
  assert.is(after(30, 30).tellingCount, 10);
});

lossRate("silence is by chance below that count, and an answer begins a new count", () => {
  const rate = after(30, 30);
  rate.unanswered([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.ok(rate.isSilentByChance);
  rate.unanswered([9]);
  assert.not.ok(rate.isSilentByChance);
  rate.answered(LATEST);
  assert.ok(rate.isSilentByChance);
});

lossRate("what gets no answer counts as lost once there is an answer, and not before", () => {
  const rate = after(10, 0);
  rate.unanswered([0, 1, 2, 3, 4]);
  assert.is(rate.tellingCount, 1);
  rate.answered(LATEST);
  assert.ok(rate.tellingCount > 4);
});

lossRate("what was sent after what is answered at last was not lost: the queue is longer than the timer", () => {
  const rate = after(10, 0);
  rate.unanswered([0, 1, 2, 3, 4]);
  assert.ok(rate.answered(0));
  assert.is(rate.tellingCount, 1);
});

lossRate("chance excuses no more than thirty in a row, whatever got lost before", () => {
  const rate = after(10, 1_000);
  assert.is(rate.tellingCount, 31);
  rate.unanswered(Array.from({ length: 31 }, (_, i) => i));
  assert.not.ok(rate.isSilentByChance);
});

lossRate("a silence that is forgotten tells nothing of the link", () => {
  const rate = after(10, 0);
  rate.unanswered([0, 1, 2, 3, 4]);
  rate.forgetSilence();
  rate.answered(LATEST);
  assert.is(rate.tellingCount, 1);
});

lossRate("a late answer was no loss", () => {
  const rate = after(10, 0);
  rate.lost();
  rate.answered(LATEST);
  rate.wasLate();
  assert.is(rate.tellingCount, 1);
});

lossRate("a link that becomes better is known to be after some hundred transmissions", () => {
  const rate = after(60, 60);
  for (let i = 0; i < 400; i++) rate.answered(LATEST);
  assert.ok(rate.tellingCount <= 2, `${rate.tellingCount}`);
});

lossRate.run();
