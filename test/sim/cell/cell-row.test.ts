import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Campaign, CampaignResult } from "../../../sim/cell/campaign.ts";
import { type CampaignRuns, type CellRow, cellRows } from "../../../sim/cell/cell-row.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";

const row = suite("cell-row");

function runsOf(atATime: number, ends: readonly number[], changes: Partial<CampaignResult> = {}): CampaignRuns {
  const campaign: Campaign = {
    combination: {
      profile: profileNamed("nb-iot-ce1"),
      imageLength: 4096,
      dialect: "own",
      blockSize: "auto",
      ackTimeoutSeconds: 5,
      window: "auto",
    },
    deviceCount: 10,
    spreadSeconds: 0,
    atATime,
  };
  const results = ends.map((last) => ({
    completed: 10,
    cutShort: undefined,
    failure: "",
    half: last / 2,
    p95: last,
    last,
    deviceSeconds: { p50: 5, p95: 9 },
    airtimeShare: { up: 0.2, down: 0.6 },
    fairness: 0.9,
    bytesPerDevice: { mean: 1000 * atATime, max: 2000 },
    energyJoules: 3,
    ...changes,
  }));
  return { campaign, results, isCandidate: true };
}

function recommended(...all: readonly CampaignRuns[]): number | undefined {
  return cellRows(all).find((one) => one.recommended)?.atATime;
}

function asGood(...all: readonly CampaignRuns[]): readonly number[] {
  return cellRows(all).flatMap((one) => (one.asGood ? [one.atATime] : []));
}

row("the earliest end of those with most images is recommended", () => {
  assert.is(recommended(runsOf(1, [90, 91, 92]), runsOf(2, [50, 51, 52]), runsOf(5, [60, 61, 62])), 2);
});

row("a number that leaves a device without the image is never recommended over one that does not", () => {
  assert.is(recommended(runsOf(1, [90, 91, 92]), runsOf(2, [50, 51, 52], { completed: 9, failure: "timeout" })), 1);
});

row("ends that cannot be told apart: fewest bytes on the air, and the others are named as good", () => {
  const [two, five] = [runsOf(2, [50, 60, 55]), runsOf(5, [49, 61, 53])];
  assert.is(recommended(two, five, runsOf(10, [80, 81, 82])), 2);
  assert.equal(asGood(two, five, runsOf(10, [80, 81, 82])), [2, 5]);
});

row("where run by run one ends later, it is told apart, though their ranges overlap", () => {
  assert.equal(asGood(runsOf(2, [50, 60, 70, 80, 90, 99]), runsOf(5, [49, 58, 69, 78, 88, 97])), [5]);
});

row("one that was worth a single campaign is not recommended, however early that ended", () => {
  assert.is(recommended({ ...runsOf(1, [40]), isCandidate: false }, runsOf(2, [50, 51, 52])), 2);
});

row("what was cut short says why, and is as good as nothing", () => {
  const cut = { ...runsOf(5, [70], { cutShort: "later", completed: 3 }), isCandidate: false };
  const rows = cellRows([runsOf(2, [50, 51, 52]), cut]);
  assert.equal(
    rows.map(({ cutShort, asGood, runs }) => [cutShort, asGood, runs]),
    [
      [null, true, 3],
      ["later", false, 1],
    ],
  );
});

row("where nobody has the image nothing is recommended", () => {
  const none = { completed: 0, failure: "timeout", half: undefined, p95: undefined };
  assert.is(recommended(runsOf(1, [9], none), runsOf(2, [9], none)), undefined);
});

row("a figure that one campaign has not has no median; the last end has one always", () => {
  const [one] = cellRows([runsOf(1, [90, 91], { half: undefined })]) as [CellRow];
  assert.is(one.seconds.half, null);
  assert.equal(one.seconds.last, { median: 90.5, low: 90, high: 91 });
});

row("with 40 campaigns a further one lies within their range in 95 of 100 cases", () => {
  const ends = Array.from({ length: 80 }, (_, i) => i + 1);
  const [forty] = cellRows([runsOf(1, ends.slice(0, 40))]) as [CellRow];
  const [eighty] = cellRows([runsOf(1, ends)]) as [CellRow];
  assert.equal([forty.seconds.last.low, forty.seconds.last.high], [1, 40]);
  assert.equal([eighty.seconds.last.low, eighty.seconds.last.high], [2, 79]);
});

row.run();
