import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LineBuffer, WAIT_MS } from "../../src/cli/line-buffer.ts";

const test = suite("line-buffer");

/** Longer than a line waits. */
const SOON_MS = 5 * WAIT_MS;

test("lines that come soon after each other go out together, and in order", async () => {
  const written: string[] = [];
  const lines = new LineBuffer((text) => void written.push(text));
  for (const line of ["a\n", "b\n", "c\n"]) lines.write(line);
  assert.equal(written, []);
  await sleep(SOON_MS);
  assert.equal(written, ["a\nb\nc\n"]);
  lines.write("d\n");
  await sleep(SOON_MS);
  assert.equal(written, ["a\nb\nc\n", "d\n"]);
});

test("at the end of the process nothing waits, and nothing goes out twice", async () => {
  const written: string[] = [];
  const lines = new LineBuffer((text) => void written.push(text));
  lines.write("a\n");
  lines.flush();
  assert.equal(written, ["a\n"]);
  await sleep(SOON_MS);
  assert.equal(written, ["a\n"]);
});

test("what waits is bounded: a burst goes out in pieces of 64 KiB", () => {
  const written: string[] = [];
  const lines = new LineBuffer((text) => void written.push(text));
  for (let i = 0; i < 2_000; i++) lines.write(`${"x".repeat(99)}\n`);
  assert.ok(written.length >= 3);
  assert.ok(written.every((text) => text.length < 2 ** 16 + 100));
});

test.run();
