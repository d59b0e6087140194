// Runs the scenes of port-scene.ts, on a system that is stubborn where that is wanted.

import { join } from "node:path";
import * as assert from "uvu/assert";
import { type ProgramEnd, runProgram } from "../support/program.ts";
import { houseRoot } from "../tidy/house.ts";

const LIMIT_MS = 60_000;
const SCENE = join(import.meta.dirname, "port-scene.js");
const STUBBORN_SOURCE = "test/shell/stubborn-socket.c";

/** `variables` are set for this scene alone. */
export function runScene(args: readonly string[], ...variables: readonly string[]): Promise<ProgramEnd> {
  return runProgram("env", [...variables, process.execPath, "--enable-source-maps", SCENE, ...args], LIMIT_MS);
}

/** What a scene prints that ends well. */
export async function scene(args: readonly string[], ...variables: readonly string[]): Promise<unknown> {
  const { exit, stdout, text } = await runScene(args, ...variables);
  assert.is(exit, 0, text);
  return JSON.parse(stdout.toString());
}

/** The variable that makes a scene's system stubborn; what `compiler` makes for it goes into `folder`. */
export async function stubbornSystem(compiler: string, folder: string): Promise<string> {
  const library = join(folder, "stubborn-socket.so");
  const args = ["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library];
  const { exit, text } = await runProgram(compiler, [...args, join(houseRoot(), STUBBORN_SOURCE), "-ldl"], LIMIT_MS);
  assert.is(exit, 0, text);
  // Behind what is preloaded already: a sanitizer has to come first.
  return `LD_PRELOAD=${process.env["LD_PRELOAD"] ?? ""} ${library}`;
}
