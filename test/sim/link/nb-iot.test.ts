import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  downlinkBlockMs,
  NPDSCH_BLOCK_BITS,
  NPUSCH_BLOCK_BITS,
  UNIT_COUNTS,
  uplinkBlockMs,
} from "../../../sim/link/nb-iot.ts";

const nbIot = suite("nb-iot");

const ONE_DOWN = {
  repetitionCount: 1,
  controlSubframeCount: 1,
  schedulingDelay: 0,
  acknowledgementMs: 2,
  usableFraction: 1,
};
const ONE_UP = { repetitionCount: 1, controlSubframeCount: 1, schedulingDelay: 8 };

/** kbit/s to two digits. */
function rate(bits: number, ms: number): number {
  return Math.round((bits / ms) * 100) / 100;
}

nbIot("Cat-NB1 down: 680 bits in 4 subframes, in 3, and with a quarter of the subframes taken", () => {
  assert.is(rate(680, downlinkBlockMs({ ...ONE_DOWN, subframeCount: 4 })), 26.15);
  assert.is(rate(680, downlinkBlockMs({ ...ONE_DOWN, subframeCount: 3 })), 27.2);
  assert.is(rate(680, downlinkBlockMs({ ...ONE_DOWN, subframeCount: 4, usableFraction: 0.75 })), 24.58);
});

nbIot("Cat-NB2 down: 2536 bits in 10 subframes", () => {
  assert.is(rate(2536, downlinkBlockMs({ ...ONE_DOWN, subframeCount: 10 })), 79.25);
});

nbIot("Cat-NB1 up: 1000 bits on twelve tones and on one", () => {
  assert.is(rate(1000, uplinkBlockMs({ ...ONE_UP, resourceUnitCount: 4, resourceUnitMs: 1 })), 62.5);
  assert.is(rate(1000, uplinkBlockMs({ ...ONE_UP, resourceUnitCount: 6, resourceUnitMs: 8 })), 16.67);
});

nbIot("the rates of nb-iot-ce1: 8 repetitions down, 4 up", () => {
  const down = { subframeCount: 4, repetitionCount: 8, controlSubframeCount: 16, acknowledgementMs: 16 };
  assert.is(rate(680, downlinkBlockMs({ ...down, schedulingDelay: 0, usableFraction: 0.75 })), 6.87);
  const up = { resourceUnitCount: 10, resourceUnitMs: 8, repetitionCount: 4, controlSubframeCount: 16 };
  assert.is(rate(1000, uplinkBlockMs({ ...up, schedulingDelay: 8 })), 2.88);
});

nbIot("the rates of nb-iot-ce2: 64 repetitions down, 32 up", () => {
  const down = { subframeCount: 5, repetitionCount: 64, controlSubframeCount: 128, acknowledgementMs: 128 };
  assert.is(rate(680, downlinkBlockMs({ ...down, schedulingDelay: 128, usableFraction: 0.75 })), 0.78);
  const up = { resourceUnitCount: 10, resourceUnitMs: 8, repetitionCount: 32, controlSubframeCount: 128 };
  assert.is(rate(1000, uplinkBlockMs({ ...up, schedulingDelay: 64 })), 0.36);
});

nbIot("TS 36.213: blocks grow along rows, NPDSCH ends at 680 bits and NPUSCH at 1000", () => {
  for (const [table, most] of [
    [NPDSCH_BLOCK_BITS, 680],
    [NPUSCH_BLOCK_BITS, 1000],
  ] as const) {
    assert.is(table.length, 13);
    assert.is(Math.max(...table.flat()), most);
    for (const row of table) {
      assert.ok(row.length <= UNIT_COUNTS.length);
      assert.equal(
        row,
        row.toSorted((a, b) => a - b),
      );
    }
  }
});

nbIot.run();
