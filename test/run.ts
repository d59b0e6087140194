// Runs every test file, or those whose name contains one of the arguments:
//   node dist/test/run.js              all
//   node dist/test/run.js coap dtls/   test/coap/... and test/dtls/...
//   node dist/test/run.js -sim/ -tidy  all but test/sim/... and test/tidy...
// Each file is a process of its own, so that one which crashes or hangs fails alone.

import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { runTestFile, type TestFile } from "./runner/test-process.ts";
import { type Ending, type Verdict, verdictOn } from "./runner/verdict.ts";

const SUFFIX = ".test.js";
/** For what hangs: the longest takes half a minute by itself, and many times that beside the load of others. */
const LIMIT_MS = 600_000;
const PROCESS_COUNT_MAX = 4;
/** Many files wait for real peers most of their time: one more at a time than there are processors. */
const PROCESS_COUNT_BEYOND = 1;

interface Totals {
  passedCount: number;
  failedCount: number;
  readonly failedFiles: string[];
  readonly missingPeers: string[];
}

function testFiles(root: string, patterns: readonly string[]): TestFile[] {
  const wanted = patterns.filter((pattern) => !pattern.startsWith("-"));
  const unwanted = patterns.filter((pattern) => pattern.startsWith("-")).map((pattern) => pattern.slice(1));
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(SUFFIX))
    .map((entry) => join(entry.parentPath, entry.name));
  return paths
    .map((path) => ({ path, name: relative(root, path).slice(0, -SUFFIX.length) }))
    .filter(({ name }) => wanted.length === 0 || wanted.some((pattern) => name.includes(pattern)))
    .filter(({ name }) => !unwanted.some((pattern) => name.includes(pattern)))
    .map((file) => ({ ...file, limitMs: LIMIT_MS }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function runAll(files: readonly TestFile[], stop: AbortSignal): Promise<Totals> {
  const totals: Totals = { passedCount: 0, failedCount: 0, failedFiles: [], missingPeers: [] };
  const waiting = files.values();
  const worker = async () => {
    for (const file of waiting) {
      const ending = await runTestFile(file, stop);
      if (stop.aborted) return;
      const verdict = verdictOn(ending);
      report(ending, verdict);
      count(totals, file.name, verdict);
    }
  };
  const processCount = Math.min(availableParallelism() + PROCESS_COUNT_BEYOND, PROCESS_COUNT_MAX);
  await Promise.all(Array.from({ length: processCount }, worker));
  return totals;
}

function count(totals: Totals, name: string, verdict: Verdict): void {
  totals.passedCount += verdict.passedCount;
  totals.failedCount += verdict.failedCount;
  if (verdict.fault !== "") totals.failedFiles.push(name);
  for (const line of verdict.missingPeers) totals.missingPeers.push(`${line}, wanted by ${name}`);
}

function report(ending: Ending, verdict: Verdict): void {
  const seconds = `${ending.seconds.toFixed(1)} s`;
  if (verdict.fault === "") console.log(`ok  ${ending.name}  ${verdict.passedCount} tests  ${seconds}`);
  else console.log(`FAILED  ${ending.name}  ${verdict.fault}  ${seconds}\n${ending.output.trimEnd()}\n`);
}

function close(totals: Totals): void {
  console.log("");
  for (const line of totals.missingPeers) console.log(line);
  for (const name of totals.failedFiles) console.log(`failed: ${name}  (again: node dist/test/run.js ${name})`);
  const skipped = totals.missingPeers.length === 0 ? "" : `, ${totals.missingPeers.length} skipped`;
  console.log(`${totals.passedCount} passed, ${totals.failedCount} failed${skipped}`);
  process.exitCode = totals.failedCount === 0 ? 0 : 1;
}

const patterns = process.argv.slice(2);
const files = testFiles(import.meta.dirname, patterns);
if (files.length === 0) {
  console.error(`no test file is left by ${patterns.join(" ")}`);
  process.exitCode = 2;
} else {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stop.abort();
      process.exitCode = 130;
    });
  }
  const totals = await runAll(files, stop.signal);
  if (!stop.signal.aborted) close(totals);
}
