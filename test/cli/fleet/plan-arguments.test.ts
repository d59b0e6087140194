import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  parseEndDate,
  parseFailure,
  parsePace,
  parsePhases,
  parseTime,
} from "../../../src/cli/fleet/plan-arguments.ts";
import { phaseText } from "../../../src/cli/fleet/rollout-report.ts";

const test = suite("plan-arguments");

test("phases are counts and shares, in the order in which they are written, and print as they were written", () => {
  const phases = parsePhases("20,1%, 12.5%,100%");
  assert.equal(phases, [
    { kind: "count", count: 20 },
    { kind: "share", share: 0.01 },
    { kind: "share", share: 0.125 },
    { kind: "share", share: 1 },
  ]);
  assert.is(phases.map(phaseText).join(","), "20,1%,12.5%,100%");
  assert.is(parsePhases("7%,29%,57.3%").map(phaseText).join(","), "7%,29%,57.3%", "no digits of floating point");
});

for (const text of ["", "0", "0%", "101%", "5 %", "a", "1,,2", "-1", "1.5", Array(17).fill("1").join(",")]) {
  test(`--phases "${text}" is refused in one line`, () => {
    assert.throws(() => parsePhases(text), /is no phase: use|phases are named: at most 16/);
  });
}

test("failures are a share with a minimum, or a number", () => {
  assert.equal(parseFailure("3%"), { share: 0.03, minimum: 2, count: undefined });
  assert.equal(parseFailure("10"), { share: undefined, minimum: 2, count: 10 });
  assert.throws(() => parseFailure("3" + "%%"), /no limit of failures/);
});

test("a pace is steady, or grows with success up to a most", () => {
  assert.equal(parsePace("50/min"), { perMinute: 50, growth: 1, every: 1, most: 100_000 });
  assert.equal(parsePace("50/min*1.5/100..1000/min"), { perMinute: 50, growth: 1.5, every: 100, most: 1_000 });
  for (const text of ["50", "0/min", "50/min*0.5/10", "50/min*2/0", "50/min*2/10..40/min", "50/h"]) {
    assert.throws(() => parsePace(text), /is no pace/, text);
  }
});

test("a month or a day of support ends with it, and a leap day is one", () => {
  assert.is(new Date(parseEndDate("2030-06")).toISOString(), "2030-07-01T00:00:00.000Z");
  assert.is(new Date(parseEndDate("2028-02-29")).toISOString(), "2028-03-01T00:00:00.000Z");
  for (const text of ["2030", "2030-13", "2030-00", "2027-02-29", "2030-6"]) {
    assert.throws(() => parseEndDate(text), /is no date/, text);
  }
});

test("a time is a day or a moment of ISO 8601", () => {
  assert.is(parseTime("2026-12-24"), Date.UTC(2026, 11, 24));
  assert.is(parseTime("2026-12-24T18:00+01:00"), Date.UTC(2026, 11, 24, 17));
  for (const text of ["tomorrow", "12", "2026-13-01"]) assert.throws(() => parseTime(text), /is no time/, text);
});

test.run();
