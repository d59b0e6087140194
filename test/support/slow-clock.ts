// A clock for programs that goes slower than the computer's: see slow-clock.c.

import { join } from "node:path";
import * as assert from "uvu/assert";
import { houseRoot } from "../tidy/house.ts";
import { peer } from "./peers.ts";
import { type Environment, runProgram } from "./program.ts";

const COMPILE_LIMIT_MS = 60_000;

/** What is added to the environment of programs for which time goes by so many times slower. */
export type SlowClock = (slowness: number) => Environment;

/** Where there is a compiler; what it makes lies in `directory`. */
export async function slowClock(directory: string): Promise<SlowClock | undefined> {
  const compiler = peer("cc");
  if (compiler === undefined) return undefined;
  const library = join(directory, "slow-clock.so");
  const source = join(houseRoot(), "test/support/slow-clock.c");
  const flags = ["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library];
  const { exit, text } = await runProgram(compiler, [...flags, source, "-ldl"], COMPILE_LIMIT_MS);
  assert.is(exit, 0, text);
  return (slowness) => (slowness === 1 ? {} : { LD_PRELOAD: library, SLOWNESS: String(slowness) });
}
