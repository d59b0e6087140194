import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import type { RunResult } from "../../../sim/tune/tune.ts";
import { tuneRows } from "../../../sim/tune/tune-row.ts";
import { formatTuneTable } from "../../../src/cli/tune/table.ts";

const table = suite("tune-table");

const RESULT: RunResult = {
  ...{ completed: true, failure: "", seconds: 3599, bytesUp: 171_234, bytesDown: 307_812, bytesOtherHops: 0 },
  ...{ requests: 1600, needed: 33.7, spurious: 394.1, energyJoules: 874, dutyCycleWaitSeconds: 0 },
};
const ROWS = tuneRows(
  [64, 1024].map((blockSize) => {
    const common = {
      profile: profileNamed("nb-iot-ce1"),
      imageLength: 102_400,
      ackTimeoutSeconds: 2,
      window: 1,
    } as const;
    return { ...common, dialect: "zephyr", blockSize };
  }),
  [Array.from({ length: 200 }, () => RESULT), Array.from({ length: 200 }, () => RESULT)],
);

/** The lines of the table alone. */
function linesIn(width?: number): readonly string[] {
  const text = formatTuneTable(ROWS, width);
  return text
    .slice(text.indexOf("\n") + 1, text.search(/^64\/2 s and|^1024\/2 s/m))
    .trimEnd()
    .split("\n");
}

table("in a terminal of 80 columns it goes on below, and each part says which row is which", () => {
  const lines = linesIn(80);
  assert.ok(Math.max(...lines.map(({ length }) => length)) <= 80, lines.join("\n"));
  assert.is(lines.filter((line) => line.startsWith("   BLOCK  TIMER  WINDOW")).length, 3);
  const headings = lines.filter((line) => line.includes("BLOCK")).join(" ");
  for (const heading of linesIn()[0]!.trim().split(/ {2,}/)) assert.ok(headings.includes(heading), heading);
});

table("elsewhere a row is a line", () => {
  assert.is(linesIn().length, 3);
});

table.run();
