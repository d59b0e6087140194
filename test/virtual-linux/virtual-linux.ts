// A Linux of its own with a clock of its own, for what takes real programs and the real kernel's network, and takes long:
// Debian's user-mode-linux boots as a process without any rights, and virtual-clock.c skips the time in which nobody computes.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { peer } from "../support/peers.ts";
import { Program, type ProgramEnd, runProgram } from "../support/program.ts";
import { houseRoot } from "../tidy/house.ts";

const COMPILE_LIMIT_MS = 60_000;
const MEMORY = "512M";

/**
 * Now and then user-mode-linux comes to a stand soon after it has booted, all of its processes stopped. One that computes nothing
 * for so long is begun anew; three times in a row would be something else.
 */
const STUCK_MS = 60_000;
const LOOK_INTERVAL_MS = 5_000;
const STARTS_MAX = 3;

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
    const { stdout, text } = await runMachine(arguments_, directory, limitMs);
    const said = stdout.toString().replaceAll("\r\n", "\n");
    const ended = /^ended (\d+)$/m.exec(said);
    assert.ok(ended, `it did not end by itself:\n${text}`);
    return { exit: Number(ended![1]), stdout: Buffer.from(said.slice(0, ended!.index)), text };
  };
}

async function runMachine(args: readonly string[], directory: string, limitMs: number): Promise<ProgramEnd> {
  for (let start = 1; ; start++) {
    const program = new Program("env", args, limitMs);
    program.endInput();
    const watch = new StuckWatch(program.pid, () => {
      console.error("user-mode-linux computes nothing any more");
      killAllOf(directory);
    });
    const limit = setTimeout(() => killAllOf(directory), limitMs);
    const end = await program.ended;
    clearTimeout(limit);
    watch.close();
    if (!watch.wasStuck || start === STARTS_MAX) return end;
  }
}

class StuckWatch {
  wasStuck = false;
  readonly #timer: NodeJS.Timeout;
  #seen = "";
  #seenAt = performance.now();

  constructor(pid: number, stuck: () => void) {
    this.#timer = setInterval(() => {
      const seen = processorTimeOf(pid);
      if (seen !== this.#seen) {
        this.#seen = seen;
        this.#seenAt = performance.now();
      } else if (!this.wasStuck && performance.now() - this.#seenAt > STUCK_MS) {
        this.wasStuck = true;
        stuck();
      }
    }, LOOK_INTERVAL_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** User and system time of a process; see proc(5). Empty for one that has ended. */
function processorTimeOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ").slice(11, 13).join(" ");
  } catch {
    return "";
  }
}

/** Its helpers do not end with it, and hold what it writes to open. */
function killAllOf(directory: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      if (words.includes(`uml_dir=${directory}`)) process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended meanwhile.
    }
  }
}
