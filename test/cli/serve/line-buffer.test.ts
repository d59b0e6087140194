import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LineBuffer, WAIT_MS } from "../../../src/cli/serve/line-buffer.ts";

const test = suite("line-buffer");

/** Longer than a line waits. */
const SOON_MS = 5 * WAIT_MS;

test("lines that come soon after each other go out together, and in order", async () => {
  const written: string[] = [];
  const lines = new LineBuffer((text) => void written.push(Buffer.from(text).toString()));
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
  const lines = new LineBuffer((text) => void written.push(Buffer.from(text).toString()));
  lines.write("a\n");
  lines.flush();
  assert.equal(written, ["a\n"]);
  await sleep(SOON_MS);
  assert.equal(written, ["a\n"]);
});

test("what waits is bounded: a burst goes out in pieces of 64 KiB", () => {
  const written: string[] = [];
  const lines = new LineBuffer((text) => void written.push(Buffer.from(text).toString()));
  for (let i = 0; i < 2_000; i++) lines.write(`${"x".repeat(99)}\n`);
  assert.ok(written.length >= 3);
  assert.ok(written.every((text) => text.length <= 2 ** 16));
});

test("a line of any length and any letters goes out whole, in its place", async () => {
  const written: string[] = [];
  const lines = new LineBuffer((text) => void written.push(Buffer.from(text).toString()));
  const said = ["before\n", `${"ü€😀".repeat(20_000)}\n`, "behind\n"];
  for (const line of said) lines.write(line);
  await sleep(SOON_MS);
  assert.is(written.join(""), said.join(""));
});

test.run();
