import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pairedRatios, spreadOf } from "../../bench/statistics.ts";

const statistics = suite("statistics");

statistics("the median of an even number of runs lies between the two in the middle", () => {
  assert.equal(spreadOf([4, 1, 3, 2]), { min: 1, median: 2.5, max: 4 });
  assert.equal(spreadOf([5, 1, 3]), { min: 1, median: 3, max: 5 });
});

statistics("ratios are taken run by run", () => {
  assert.equal(pairedRatios([2, 6], [1, 2]), [2, 3]);
});

statistics.run();
