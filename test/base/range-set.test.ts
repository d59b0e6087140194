import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeSet } from "../../src/base/range-set.ts";

const SEED = 7959;

const rangeSet = suite("range-set");

const position = fc.integer({ min: 0, max: 60 });

rangeSet("any additions cover what a set of single bytes would hold", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(position, position), { maxLength: 30 }), (additions) => {
      const ranges = new RangeSet();
      const model = new Set<number>();
      for (const [start, end] of additions) {
        const before = model.size;
        for (let i = start; i < end; i++) model.add(i);
        assert.is(ranges.add(start, end), model.size - before);
        assert.is(ranges.covered, model.size);
        assert.equal(
          bytesOf(ranges),
          [...model].toSorted((a, b) => a - b),
        );
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

function bytesOf(ranges: RangeSet): number[] {
  return ranges.ranges.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i));
}

rangeSet("ranges stay ascending and never touch each other", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(position, position), { maxLength: 30 }), (additions) => {
      const ranges = new RangeSet();
      for (const [start, end] of additions) ranges.add(start, end);
      for (const [i, range] of ranges.ranges.entries()) {
        assert.ok(range.start < range.end);
        const next = ranges.ranges[i + 1];
        if (next !== undefined) assert.ok(range.end < next.start);
      }
    }),
    { seed: SEED },
  );
});

rangeSet("blocks in order stay one range", () => {
  const ranges = new RangeSet();
  for (let num = 0; num < 1000; num++) ranges.add(num * 64, (num + 1) * 64);
  assert.equal(ranges.ranges, [{ start: 0, end: 64_000 }]);
});

rangeSet("a block that was seen before adds nothing", () => {
  const ranges = new RangeSet();
  ranges.add(0, 64);
  assert.is(ranges.add(0, 64), 0);
  assert.is(ranges.add(16, 32), 0);
});

rangeSet("a range that bridges a gap joins its neighbours and counts only the gap", () => {
  const ranges = new RangeSet();
  ranges.add(0, 10);
  ranges.add(20, 30);
  assert.is(ranges.add(5, 25), 10);
  assert.equal(ranges.ranges, [{ start: 0, end: 30 }]);
});

rangeSet("an empty range adds nothing", () => {
  const ranges = new RangeSet();
  assert.is(ranges.add(5, 5), 0);
  assert.is(ranges.add(6, 5), 0);
  assert.equal(ranges.ranges, []);
});

/** [10, 20) and [30, 40). */
function twoRanges(): RangeSet {
  const ranges = new RangeSet();
  ranges.add(10, 20);
  ranges.add(30, 40);
  return ranges;
}

rangeSet("covers: all of one range, no gap and nothing beside it; an empty stretch always", () => {
  const ranges = twoRanges();
  assert.ok(ranges.covers(10, 20) && ranges.covers(12, 15) && ranges.covers(30, 31));
  assert.not.ok(ranges.covers(9, 11) || ranges.covers(19, 21) || ranges.covers(10, 40) || ranges.covers(20, 30));
  assert.ok(ranges.covers(25, 25) && ranges.covers(20, 20));
});

rangeSet("gaps: what is not covered of a stretch, cut at its ends", () => {
  const ranges = twoRanges();
  assert.equal(ranges.gaps(0, 50), [
    { start: 0, end: 10 },
    { start: 20, end: 30 },
    { start: 40, end: 50 },
  ]);
  assert.equal(ranges.gaps(15, 25), [{ start: 20, end: 25 }]);
  assert.equal(ranges.gaps(10, 20), []);
  assert.equal(ranges.gaps(22, 28), [{ start: 22, end: 28 }]);
  assert.equal(ranges.gaps(50, 40), []);
});

rangeSet.run();
