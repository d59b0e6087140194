import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import type { Combination, RunResult } from "../../../sim/tune/tune.ts";
import { tuneRows } from "../../../sim/tune/tune-row.ts";

const tuneRow = suite("tune-row");

function combination(blockSize: number, profile = "nb-iot-ce1"): Combination {
  const common = { imageLength: 102_400, dialect: "own", ackTimeoutSeconds: 2, window: "auto" } as const;
  return { ...common, profile: profileNamed(profile), blockSize };
}

function result(seconds: number, more: Partial<RunResult> = {}): RunResult {
  const counts = { bytesUp: 10, bytesDown: 100, bytesOtherHops: 0, requests: 7, needed: 2, spurious: 1 };
  return { completed: true, failure: "", seconds, energyJoules: 4, dutyCycleWaitSeconds: 0, ...counts, ...more };
}

const FAILED = result(999, { completed: false, failure: "unanswered" });

tuneRow("times are percentiles with the median's interval, the rest means for an update", () => {
  const results = [1, 2, 3, 4, 5, 6, 27].map((seconds) => result(10 * seconds, { requests: seconds }));
  const [row] = tuneRows([combination(1024)], [results]);
  const { p95, ...seconds } = row!.seconds;
  assert.equal(seconds, { p50: 40, p50Low: 10, p50High: 270, mean: 480 / 7 });
  assert.ok(Math.abs(p95! - 207) < 1e-9);
  assert.is(row!.requests, 48 / 7);
  assert.equal(row!.retransmissions, { needed: 2, spurious: 1 });
});

tuneRow("runs that did not complete count, and their times do not", () => {
  const [row] = tuneRows([combination(1024)], [[result(10), FAILED, result(20)]]);
  assert.equal([row!.runs, row!.completed, row!.seconds.mean, row!.failure], [3, 2, 15, "unanswered"]);
});

tuneRow("where nothing arrived there are no figures, and nothing is recommended", () => {
  const [row] = tuneRows([combination(1024)], [[FAILED, FAILED]]);
  assert.equal([row!.seconds.p50, row!.bytesUp, row!.energyJoules, row!.recommended], [null, null, null, false]);
});

tuneRow("the limit is the link's own, whatever the block size of the row", () => {
  const rows = tuneRows([combination(16), combination(1024)], [[result(1)], [result(1)]]);
  assert.is(rows[0]!.limitSeconds, rows[1]!.limitSeconds);
  assert.ok(Math.abs(rows[0]!.limitSeconds - 129.9) < 0.1);
});

tuneRow("each profile has its own recommendation", () => {
  const combinations = [combination(64), combination(64, "lte-m"), combination(1024, "lte-m")];
  const rows = tuneRows(combinations, [[result(50)], [result(9)], [result(8)]]);
  assert.equal(
    rows.map((row) => row.recommended),
    [true, false, true],
  );
});

tuneRow("what a device was told is in its row, and what its link is made of", () => {
  const stock = { ...combination(256), dialect: "zephyr", maxRetransmit: 7, dtlsTimeoutSeconds: 9 } as const;
  const rows = tuneRows([combination(256), stock], [[result(1)], [result(1)]]);
  assert.equal(
    rows.map(({ maxRetransmit, dtlsTimeoutSeconds }) => [maxRetransmit, dtlsTimeoutSeconds]),
    [
      [null, null],
      [7, 9],
    ],
  );
  const { all, assumed } = rows[0]!.figures;
  assert.ok(assumed > 0 && assumed < all, `${assumed} of ${all}`);
});

tuneRow.run();
