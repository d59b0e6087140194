import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Prng } from "../../../sim/prng.ts";
import {
  furtherCountInterval,
  furtherMedianInterval,
  mean,
  medianInterval,
  percentile,
} from "../../../sim/tune/sample-statistics.ts";

const statistics = suite("sample-statistics");

function upTo(count: number): number[] {
  // Out of order, as results come.
  return Array.from({ length: count }, (_, i) => count - i);
}

statistics("a percentile lies between its neighbours", () => {
  assert.is(percentile([4, 1, 3, 2], 0.5), 2.5);
  assert.is(percentile([30, 10, 20], 0.5), 20);
  assert.is(percentile(upTo(101), 0.95), 96);
});

statistics("numbers are ordered as numbers", () => {
  assert.is(percentile([9, 100, 10], 0.5), 10);
});

statistics("of no runs there is no figure", () => {
  assert.is(percentile([], 0.5), undefined);
  assert.is(mean([]), undefined);
  assert.is(medianInterval([]), undefined);
});

// The tables of nonparametric statistics: for n = 6, 20 and 100 the ranks are 1 and 6, 6 and 15, 40 and 61.
for (const [count, low, high] of [
  [1, 1, 1],
  [5, 1, 5],
  [6, 1, 6],
  [8, 1, 8],
  [9, 2, 8],
  [20, 6, 15],
  [100, 40, 61],
] as const) {
  statistics(`of ${count} values, those of rank ${low} and ${high} enclose the median with 95 %`, () => {
    assert.equal(medianInterval(upTo(count)), { low, high });
  });
}

statistics("the interval holds the true median in 95 of 100 cases, for a skewed distribution too", () => {
  const random = new Prng(5);
  const trueMedian = Math.LN2;
  let held = 0;
  for (let trial = 0; trial < 4000; trial++) {
    const { low, high } = medianInterval(Array.from({ length: 20 }, () => random.exponential(1)))!;
    if (low <= trueMedian && trueMedian <= high) held++;
  }
  // Its exact coverage is 95.86 %.
  assert.ok(Math.abs(held / 4000 - 0.9586) < 0.0126, `${held} of 4000`);
});

statistics("a thousand values still have an interval", () => {
  const { low, high } = medianInterval(upTo(1000))!;
  assert.equal([low, high], [469, 532]);
});

statistics("the median of 20 values again lies in the interval in at least 95 of 100 cases, and hardly more", () => {
  const random = new Prng(6);
  const draw = () => Array.from({ length: 20 }, () => random.exponential(1));
  let held = 0;
  for (let trial = 0; trial < 4000; trial++) {
    const { low, high } = furtherMedianInterval(draw(), 20)!;
    const again = percentile(draw(), 0.5)!;
    if (low <= again && again <= high) held++;
  }
  assert.ok(held / 4000 > 0.945 && held / 4000 < 0.985, `${held} of 4000`);
});

statistics("medians of runs again: for too few values the whole range, and none of none", () => {
  assert.is(furtherMedianInterval([], 20), undefined);
  assert.equal(furtherMedianInterval([3], 20), { low: 3, high: 3 });
  assert.equal(furtherMedianInterval(upTo(5), 5), { low: 1, high: 5 });
  const { low, high } = furtherMedianInterval(upTo(1000), 1000)!;
  assert.ok(low > 440 && low < 469 && high === 1001 - low, `${low} to ${high}`);
});

statistics("many runs leave only what 20 real ones scatter by", () => {
  const { low, high } = furtherMedianInterval(upTo(1000), 20)!;
  assert.ok(low > 260 && low < 300 && high === 1001 - low, `${low} to ${high}`);
  assert.equal(furtherCountInterval(833, 1000, 20), { low: 13, high: 20 });
});

statistics("how many of 20 end again: nearly all after all, nearly none after none, and about half after half", () => {
  assert.equal(furtherCountInterval(20, 20, 20), { low: 17, high: 20 });
  assert.equal(furtherCountInterval(0, 20, 20), { low: 0, high: 3 });
  const { low, high } = furtherCountInterval(10, 20, 20);
  assert.ok(low >= 3 && low <= 5 && high === 20 - low, `${low} to ${high}`);
});

statistics("what is printed of how many end again holds in 95 of 100 cases, whatever the chance", () => {
  const random = new Prng(7);
  const successes = (chance: number) =>
    Array.from({ length: 20 }, () => random.fraction() < chance).filter(Boolean).length;
  for (const chance of [0.02, 0.3, 0.57]) {
    let held = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const { low, high } = furtherCountInterval(successes(chance), 20, 20);
      const again = successes(chance);
      if (low <= again && again <= high) held++;
    }
    assert.ok(held / 2000 > 0.94, `${held} of 2000 at ${chance}`);
  }
});

statistics.run();
