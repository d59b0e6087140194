// Hostile calls of everything that the native parts export, in processes of their own: a crash is a failed test, and its
// seed says how to make it again.

import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtNativeParts } from "../support/native.ts";
import { runProgram } from "../support/program.ts";

const fuzz = suite("native");

const SEEDS = [1, 2, 3, 4, 5, 6];
const CALLS = 4_000;
const LIMIT_MS = 100_000;
const HOSTILE = join(import.meta.dirname, "hostile-calls.js");

if (builtNativeParts() !== undefined) {
  for (const seed of SEEDS) {
    fuzz(`${CALLS} hostile calls, seed ${seed}, give values or exceptions and no crash`, async () => {
      const args = ["--expose-gc", HOSTILE, String(seed), String(CALLS)];
      const { exit, text } = await runProgram(process.execPath, args, LIMIT_MS);
      assert.is(exit, 0, `again: node ${args.join(" ")}\n${text}`);
      assert.match(text, /^\d+ calls returned, \d+ threw\n$/);
    });
  }
}

fuzz.run();
