// A Linux of its own with a clock of its own, for what takes real programs and the real kernel's network, and takes long:
// Debian's user-mode-linux boots as a process without any rights, and virtual-clock.c skips the time in which nobody computes.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { peer } from "../support/peers.ts";
import { type ProgramEnd, runProgram } from "../support/program.ts";
import { houseRoot } from "../tidy/house.ts";

const COMPILE_LIMIT_MS = 60_000;
const MEMORY = "512M";

/** Runs `command` in it to its end, after which nothing is left of it; `limitMs` is the real time that this may take. */
export type VirtualLinux = (command: readonly [string, ...string[]], limitMs: number) => Promise<ProgramEnd>;

/** Where it is installed, one that keeps its memory and what it needs in the folder `directory`. */
export async function virtualLinux(directory: string): Promise<VirtualLinux | undefined> {
  const [kernel, compiler, ip] = [peer("linux.uml"), peer("cc"), peer("ip")];
  if (kernel === undefined || compiler === undefined || ip === undefined) return undefined;
  const folder = join(houseRoot(), "test/virtual-linux");
  const clock = join(directory, "virtual-clock.so");
  const flags = ["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", clock];
  const made = await runProgram(compiler, [...flags, join(folder, "virtual-clock.c"), "-ldl"], COMPILE_LIMIT_MS);
  assert.is(made.exit, 0, made.text);
  return async (command, limitMs) => {
    const commandFile = join(directory, "command");
    writeFileSync(commandFile, command.join("\n"));
    const machine = [`mem=${MEMORY}`, `uml_dir=${directory}`, "quiet", "con=null", "con0=fd:0,fd:1"];
    const root = ["rootfstype=hostfs", "rootflags=/", "ro", `init=${join(folder, "init.sh")}`];
    const variables = [`LD_PRELOAD=${clock}`, `TMPDIR=${directory}`];
    const arguments_ = [...variables, kernel, ...machine, ...root, `COMMAND=${commandFile}`];
    const { stdout, text } = await runProgram("env", arguments_, limitMs);
    const said = stdout.toString().replaceAll("\r\n", "\n");
    const ended = /^ended (\d+)$/m.exec(said);
    assert.ok(ended, `it did not end by itself:\n${text}`);
    return { exit: Number(ended![1]), stdout: Buffer.from(said.slice(0, ended!.index)), text };
  };
}
