import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runTestFile } from "./test-process.ts";
import type { Ending } from "./verdict.ts";

const GENEROUS_LIMIT_MS = 60_000;

const testProcess = suite("test-process", { folder: "" });

testProcess.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "narrowboat-runner-"));
});

testProcess.after.each((context) => {
  rmSync(context.folder, { recursive: true });
});

function runScript(folder: string, script: string, limitMs = GENEROUS_LIMIT_MS): Promise<Ending> {
  const path = join(folder, "scene.test.mjs");
  writeFileSync(path, script);
  return runTestFile({ name: "scene", path, limitMs }, new AbortController().signal);
}

testProcess("both of a file's output streams are kept", async ({ folder }) => {
  const ending = await runScript(folder, `console.log("to stdout"); console.error("to stderr");`);
  assert.match(ending.output, "to stdout");
  assert.match(ending.output, "to stderr");
});

testProcess("a file's exit code is told", async ({ folder }) => {
  const ending = await runScript(folder, "process.exitCode = 7;");
  assert.is(ending.exit, 7);
  assert.not(ending.timedOut);
});

testProcess("a file that hangs is killed at its limit", async ({ folder }) => {
  const ending = await runScript(folder, "setInterval(() => {}, 1000);", 300);
  assert.ok(ending.timedOut);
  assert.is(ending.exit, "SIGKILL");
});

testProcess("a process that a test file left behind is killed and does not hold the runner up", async ({ folder }) => {
  // The one left behind holds its standard output open, so without the kill this would end only at the limit.
  const ending = await runScript(
    folder,
    `import { spawn } from "node:child_process";
     spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" }).unref();`,
  );
  assert.is(ending.exit, 0);
  assert.not(ending.timedOut);
});

testProcess("stopping the run kills the file that is running", async ({ folder }) => {
  const path = join(folder, "scene.test.mjs");
  writeFileSync(path, "setInterval(() => {}, 1000);");
  const stop = new AbortController();
  const ending = runTestFile({ name: "scene", path, limitMs: GENEROUS_LIMIT_MS }, stop.signal);
  stop.abort();
  assert.is((await ending).exit, "SIGKILL");
});

testProcess.run();
