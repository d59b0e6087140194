import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Ending, verdictOn } from "./verdict.ts";

const verdict = suite("verdict");

function ending(changes: Partial<Ending>): Ending {
  return { name: "coap/block", exit: 0, timedOut: false, seconds: 0.1, output: closing(3, 3, 0), ...changes };
}

function closing(total: number, passed: number, skipped: number): string {
  return `• • •\n\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1.00ms\n\n`;
}

verdict("a file whose tests all passed is good", () => {
  assert.equal(verdictOn(ending({})), { passedCount: 3, failedCount: 0, missingPeers: [], fault: "" });
});

verdict("failed tests are counted one by one, and so are the passed ones beside them", () => {
  const result = verdictOn(ending({ exit: 1, output: closing(5, 3, 0) }));
  assert.is(result.passedCount, 3);
  assert.is(result.failedCount, 2);
  assert.is(result.fault, "2 of 5 tests failed");
});

verdict("a file that ends well but prints no summary fails: run() was forgotten", () => {
  const result = verdictOn(ending({ output: "" }));
  assert.is(result.failedCount, 1);
  assert.match(result.fault, "forget run()");
});

verdict("a file that crashes before its summary fails, and the signal is named", () => {
  const result = verdictOn(ending({ output: "• •", exit: "SIGABRT" }));
  assert.is(result.failedCount, 1);
  assert.match(result.fault, "exit SIGABRT: it crashed");
});

verdict("a file without tests fails", () => {
  assert.is(verdictOn(ending({ output: closing(0, 0, 0) })).fault, "holds no tests");
});

verdict("a file without tests is excused when its peer is missing", () => {
  const result = verdictOn(ending({ output: `\nskipped: openssl not installed\n${closing(0, 0, 0)}` }));
  assert.is(result.failedCount, 0);
  assert.equal(result.missingPeers, ["skipped: openssl not installed"]);
});

verdict("a missing peer that is named twice counts once", () => {
  const line = "skipped: openssl not installed\n";
  assert.is(verdictOn(ending({ output: line + line + closing(1, 1, 0) })).missingPeers.length, 1);
});

verdict("a test left out by .skip or .only fails the file", () => {
  const result = verdictOn(ending({ output: closing(3, 3, 1) }));
  assert.is(result.failedCount, 1);
  assert.match(result.fault, "1 tests skipped");
});

verdict("a non-zero exit after passing tests fails the file", () => {
  const result = verdictOn(ending({ exit: "SIGSEGV" }));
  assert.is(result.failedCount, 1);
  assert.match(result.fault, "SIGSEGV");
});

verdict("a file past its time limit fails whatever it printed", () => {
  const result = verdictOn(ending({ timedOut: true, exit: "SIGKILL" }));
  assert.is(result.failedCount, 1);
  assert.match(result.fault, "time limit");
});

verdict("the last summary counts when a test prints another before it", () => {
  assert.is(verdictOn(ending({ output: closing(9, 8, 0) + closing(2, 2, 0) })).passedCount, 2);
});

verdict.run();
