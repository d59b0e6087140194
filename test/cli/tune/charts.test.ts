import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import type { Combination, RunResult } from "../../../sim/tune/tune.ts";
import { type TuneRow, tuneRows } from "../../../sim/tune/tune-row.ts";
import { chartsFor } from "../../../src/cli/tune/charts.ts";

const charts = suite("tune-charts");

function result(seconds: number, completed = true): RunResult {
  const figures = {
    bytesUp: 1000,
    bytesDown: 9000,
    bytesOtherHops: 0,
    requests: 7,
    needed: 2,
    spurious: 1,
    energyJoules: 4,
  };
  return { ...figures, completed, failure: completed ? "" : "unanswered", seconds, dutyCycleWaitSeconds: 0 };
}

function combination(blockSize: number | "auto", window: number): Combination {
  const common = { profile: profileNamed("nb-iot-ce1"), imageLength: 102_400, dialect: "own" } as const;
  return { ...common, blockSize, ackTimeoutSeconds: 2, window };
}

/** Two block sizes, and a second window for one of them; nothing arrived with that. */
const ROWS: readonly TuneRow[] = tuneRows(
  [combination(64, 1), combination("auto", 1), combination("auto", 4)],
  [[result(600), result(600)], [result(300), result(420)], [result(1, false)]],
);

charts("bars stand by block size, in the unit that fits, with a gap where nothing arrived", () => {
  const [time] = chartsFor(ROWS);
  assert.equal(time!.config.data.labels, ["64 B", "auto"]);
  assert.equal(
    time!.config.data.datasets.map(({ label, data }) => [label, data]),
    [
      ["window 1, timer 2 s", [10, 6]],
      ["window 4, timer 2 s", [null, null]],
    ],
  );
  assert.is(time!.config.options!.scales!["x"]!.title!.text, "minutes");
});

charts("a line goes from the median to the 95th percentile, and one stands at the limit", () => {
  const [time] = chartsFor(ROWS);
  assert.equal(time!.whiskers[1], [null, null]);
  assert.ok(Math.abs(time!.whiskers[0]![1]! - 414 / 60) < 1e-9);
  assert.ok(Math.abs(time!.limit! - 2.165) < 0.01);
});

charts("only the recommended bar has its full colour", () => {
  const [time] = chartsFor(ROWS);
  const colours = time!.config.data.datasets.flatMap(({ backgroundColor }) => backgroundColor as string[]);
  assert.equal(
    colours.map((colour) => colour.length),
    [9, 7, 9, 9],
  );
});

charts("each bar has its value, and the recommended one a mark in words", () => {
  const [time] = chartsFor(ROWS);
  assert.equal(time!.labels, [
    ["10.0", "6.00 ◀ recommended"],
    ["", "none ended"],
  ]);
  assert.match(
    time!.description,
    /Block size 64 B, window 1, timer 2 s: 10\.0; auto, window 1, timer 2 s: 6\.00 recommended; /,
  );
});

charts("where figures differ by more than ten times the scale is logarithmic, and linear elsewhere", () => {
  const scaleOf = (seconds: number) =>
    chartsFor(tuneRows([combination(64, 1), combination("auto", 1)], [[result(seconds)], [result(300)]]))[0]!.config
      .options!.scales!["x"]!.type;
  assert.equal([1000, 4000].map(scaleOf), ["linear", "logarithmic"]);
});

charts("the others are bytes, completed runs and energy, without a limit", () => {
  const [, bytes, completed, energy] = chartsFor(ROWS);
  assert.equal(
    [bytes, completed, energy].map((chart) => chart!.limit),
    [null, null, null],
  );
  assert.equal(bytes!.config.data.datasets[0]!.data, [10, 10]);
  assert.equal(completed!.config.data.datasets[1]!.data, [null, 0]);
  assert.equal(energy!.config.data.datasets[0]!.data, [4, 4]);
});

charts.run();
