import { setImmediate as turn } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LineBuffer } from "../../src/cli/line-buffer.ts";

const test = suite("line-buffer");

test("the lines of one turn of the event loop go out together, and in order", async () => {
  const written: string[] = [];
  const lines = new LineBuffer((text) => void written.push(text));
  for (const line of ["a\n", "b\n", "c\n"]) lines.write(line);
  assert.equal(written, []);
  await turn();
  assert.equal(written, ["a\nb\nc\n"]);
  lines.write("d\n");
  await turn();
  assert.equal(written, ["a\nb\nc\n", "d\n"]);
});

test("at the end of the process nothing waits, and nothing goes out twice", async () => {
  const written: string[] = [];
  const lines = new LineBuffer((text) => void written.push(text));
  lines.write("a\n");
  lines.flush();
  assert.equal(written, ["a\n"]);
  await turn();
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
