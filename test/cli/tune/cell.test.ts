// A campaign's planning as a network engineer does it: `narrowboat tune --devices N --shared --spread T`.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CellRow } from "../../../sim/cell/cell-row.ts";
import { campaignRunCount } from "../../../src/cli/tune/cell.ts";
import { advice, formatCellTable } from "../../../src/cli/tune/cell-table.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { narrowboat, type Outcome } from "../narrowboat.ts";

const cell = suite("cell");
const scratch = scratchDirectories(cell);

function tune(...args: readonly string[]): Promise<Outcome> {
  return narrowboat(scratch(), "tune", "--size", "2k", "--seed", "7", ...args);
}

function row(atATime: number, last: number, changes: Partial<CellRow> = {}): CellRow {
  const figure = { median: last, low: last, high: last };
  return {
    profile: "nb-iot-ce1",
    device: "own",
    imageLength: 2048,
    blockSize: "auto",
    ackTimeoutSeconds: 5,
    window: "auto",
    dtlsTimeoutSeconds: null,
    maxRetransmit: null,
    devices: 100,
    spreadSeconds: 0,
    atATime,
    runs: 3,
    completed: 300,
    cutShort: null,
    seconds: { half: figure, p95: figure, last: figure },
    deviceSeconds: { p50: figure, p95: figure },
    airtimeShare: { up: 0.2, down: 0.6 },
    fairness: 1,
    bytesPerDevice: { mean: 1, max: 1 },
    energyJoules: 1,
    limitSeconds: 1,
    figures: { all: 37, assumed: 32 },
    failure: "",
    recommended: false,
    asGood: false,
    ...changes,
  };
}

cell("one row for each number at a time, the best one marked and said below", async () => {
  const args = ["--profile", "nb-iot-ce1", "--devices", "5", "--shared", "--spread", "1min", "--runs", "3"];
  const { code, stdout, stderr } = await tune(...args);
  assert.equal([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  assert.match(
    lines[0]!,
    /^nb-iot-ce1: 5 devices on one channel, which come over 60\.0 s for 2 KiB each, cannot take less/,
  );
  assert.match(lines[1]!, /^ +AT A TIME +DONE +HALF +P95 +LAST +x LIMIT +AN UPDATE +AIRTIME +FAIR +MB A SIM +J$/);
  assert.equal(
    lines.slice(2, 5).map((line) => /^>? +(\d) +15\/15 /.exec(line)?.[1]),
    ["1", "2", "5"],
  );
  assert.match(lines[5]!, /^(?:\d at a time|all at once): [\d.]+ /);
  assert.is(lines.at(-1), "seed 7");
});

cell(
  "--json: rows with the names that programs rely on, the same from the same seed on any number of threads",
  async () => {
    const args = ["--profile", "lte-m", "--devices", "2", "--shared", "--runs", "2", "--json", "-"];
    const { code, stdout } = await tune(...args);
    assert.is(code, 0);
    const rows = JSON.parse(stdout) as readonly CellRow[];
    assert.equal(Object.keys(rows[0]!), [...Object.keys(row(1, 1)), "whatToSet", "command", "seed", "version"]);
    assert.equal(
      rows.map(({ atATime, devices, completed }) => [atATime, devices, completed]),
      [
        [1, 2, 4],
        [2, 2, 4],
      ],
    );
    assert.is((await tune(...args)).stdout, stdout);
  },
);

cell("--devices, --shared and --spread go together; traces are of single devices: one line, exit code 2", async () => {
  const refusals = [
    [["--devices", "5"], /--devices N, --shared and --spread T go together/],
    [["--shared"], /go together/],
    [["--spread", "1h"], /go together/],
    [["--devices", "5", "--shared", "--trace"], /--trace follows one device/],
    [["--devices", "0", "--shared"], /"0" is no number of devices: use 1 to 10000/],
    [["--devices", "5", "--shared", "--spread", "1 week"], /"1 week" is not a time: use one such as 90s, 30min/],
  ] as const;
  const outcomes = await Promise.all(refusals.map(([args]) => tune("--profile", "lte-m", ...args)));
  for (const [i, { code, stderr }] of outcomes.entries()) {
    assert.is(code, 2, stderr);
    assert.match(stderr, refusals[i]![1]);
  }
});

cell("the advice: the best number, and what happens when nobody holds devices back", () => {
  const best = row(10, 11_400, { recommended: true, asGood: true });
  assert.is(
    advice([best, row(100, 25_200, { completed: 288 })]),
    "10 at a time: 3 h 10 min; all at once: 7 h 0 min and 4 % fail",
  );
  assert.is(
    advice([best, row(100, 45_600, { completed: 30, cutShort: "later" })]),
    "10 at a time: 3 h 10 min; all at once: more than 12 h 40 min",
  );
});

cell("the advice names numbers that cannot be told apart from the best one", () => {
  const best = row(10, 11_400, { recommended: true, asGood: true });
  assert.is(
    advice([best, row(20, 11_500, { asGood: true }), row(100, 25_200)]),
    "10 at a time: 3 h 10 min (20 at a time cannot be told apart from it, but sends more); all at once: 7 h 0 min",
  );
});

cell("the advice says why where no device got the image", () => {
  assert.is(
    advice([row(1, 10, { completed: 0, failure: "handshake: timeout" })]),
    "no device got the image: handshake: timeout",
  );
});

cell("in a terminal of 80 columns the table goes on below, and each part says how many at a time", () => {
  const rows = [
    row(1, 90_000),
    row(2, 79_000, { recommended: true, asGood: true }),
    row(5, 81_000, { blockSize: 512 }),
  ];
  const lines = formatCellTable(rows, 80).split("\n");
  const parts = lines.flatMap((line, i) => (line.startsWith("   AT A TIME  BLOCK  TIMER  WINDOW") ? [i] : []));
  assert.ok(parts.length > 1, lines.join("\n"));
  for (const start of parts) {
    for (const line of lines.slice(start, start + 4)) assert.ok(line.length <= 80, line);
    assert.match(lines[start + 2]!, /^> {2}2 +auto +5 s +auto/);
  }
});

cell("what to set stands below a cell's table, as below that of single devices", () => {
  const lines = formatCellTable([row(2, 79_000, { recommended: true, asGood: true })]).split("\n");
  assert.ok(lines.includes("    narrowboat serve --block-size 1024"), lines.join("\n"));
  assert.ok(lines.includes("    narrowboat pull --ack-timeout 5"), lines.join("\n"));
});

cell("campaigns of many devices are run less often", () => {
  assert.equal(
    [1, 100, 500, 10_000].map((deviceCount) => campaignRunCount({ deviceCount, spreadSeconds: 0 })),
    [40, 20, 4, 3],
  );
});

cell.run();
