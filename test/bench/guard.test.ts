import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { baselineFor, updateBaseline } from "../../bench/guard/baseline.ts";
import { GUARDS } from "../../bench/guard/guards.ts";
import { summaryText, verdictOn } from "../../bench/guard/verdict.ts";
import { nativeLoadAbsence } from "../../bench/load/crowd.ts";
import { systemNativeParts } from "../../src/shell/system-native-parts.ts";

const MAIN = join(import.meta.dirname, "../../bench/guard-main.js");

const guard = suite<{ folder: string }>("guard");

guard.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "narrowboat-guard-"));
});

guard.after.each(({ folder }) => {
  rmSync(folder, { recursive: true });
});

const [FIRST, SECOND] = [GUARDS[0]!, GUARDS[1]!];
const WHERE = {
  commit: "0123456789",
  node: "20.19.0",
  loadNode: "20.19.0",
  machine: "2 × processor",
  date: "2026-01-02T03:04:05.000Z",
  runs: 3,
  measuredSeconds: 1,
};
const BASELINE = {
  ...WHERE,
  ratios: { [FIRST.id]: 8, [SECOND.id]: 10 },
};

guard("a quarter more is still good, and more than that fails", () => {
  assert.is(verdictOn(FIRST, [1, 10, 99], BASELINE).failed, false);
  assert.is(verdictOn(FIRST, [1, 10.1, 99], BASELINE).failed, true);
  assert.is(verdictOn(FIRST, [4], BASELINE).change, -0.5);
});

guard("a guard that the baseline does not know is told of and fails nothing", () => {
  const verdict = verdictOn(GUARDS[2]!, [5], BASELINE);
  assert.is(verdict.failed, false);
  assert.match(summaryText([verdict], BASELINE), /\| 5\.00 \| new \| {2}\| ok \|/);
});

guard("the summary says which became slower and by how much", () => {
  const text = summaryText([verdictOn(FIRST, [12], BASELINE), verdictOn(SECOND, [9], BASELINE)], BASELINE);
  assert.match(
    text,
    /^Performance: \*\*1 of 2 worse than the baseline by more than \+25 %\*\*: Plain CoAP, a block: \+50 %\.$/m,
  );
  assert.match(text, /^\| Plain CoAP, a block \| 12\.0 \| 8\.00 \| \+50 % \| \*\*slower\*\* \|$/m);
  assert.match(text, /\| -10 % \| ok \|/);
});

guard("a baseline has an entry for each major version of Node.js", ({ folder }) => {
  const path = join(folder, "baseline.json");
  assert.is(baselineFor(path, "20.19.0"), undefined);
  updateBaseline(path, { ...WHERE, node: "24.1.0" }, { [FIRST.id]: 1 });
  updateBaseline(path, WHERE, { [FIRST.id]: 2 });
  updateBaseline(path, { ...WHERE, node: "20.20.0" }, { [FIRST.id]: 3 });
  assert.equal(baselineFor(path, "20.1.0")?.ratios, { [FIRST.id]: 3 });
  assert.equal(baselineFor(path, "24.9.0")?.ratios, { [FIRST.id]: 1 });
  assert.is(baselineFor(path, "22.0.0"), undefined);
});

if (nativeLoadAbsence() === undefined && typeof systemNativeParts() !== "string") {
  guard("bench:ci exits 1 with the reason when the baseline is not met", ({ folder }) => {
    const [path, summary] = [join(folder, "baseline.json"), join(folder, "summary.md")];
    // So low that today's figure is certain to be worse.
    updateBaseline(path, { ...WHERE, node: process.versions.node }, { [FIRST.id]: 0.001 });
    const words = ["--quick", "--only", FIRST.id, "--baseline", path, "--summary", summary];
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: "utf8" });
    assert.is(status, 1);
    assert.match(stderr, /^Plain CoAP, a block costs \d+ % more than the baseline$/m);
    assert.match(readFileSync(summary, "utf8"), /\*\*slower\*\*/);
  });
} else console.log("\nskipped: bench:ci needs a C compiler (apt install gcc)");

guard.run();
