// Runs one compiled test file as a process of its own, and never longer than it may.

import { spawn } from "node:child_process";
import type { Ending } from "./verdict.ts";

export interface TestFile {
  /** The file's place below test/, without ".test.js": "coap/block". */
  readonly name: string;
  readonly path: string;
  readonly limitMs: number;
}

/**
 * Runs `file` to its end. Past its limit, or when `stop` fires, its whole process group is killed: a test that started
 * a server takes that server along.
 */
export function runTestFile(file: TestFile, stop: AbortSignal): Promise<Ending> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    // Escape sequences would hide uvu's closing lines from the verdict.
    const env = { ...process.env, FORCE_COLOR: "0", NO_COLOR: undefined };
    const child = spawn(process.execPath, ["--enable-source-maps", file.path], {
      detached: true,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let timedOut = false;
    const kill = () => killGroup(child.pid);
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, file.limitMs);
    stop.addEventListener("abort", kill);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        output += text;
      });
    }
    // What a test file leaves running would hold the pipes open and "close" back for ever.
    child.on("exit", kill);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      stop.removeEventListener("abort", kill);
      const seconds = (performance.now() - startedAt) / 1000;
      resolve({ name: file.name, exit: code ?? signal ?? "unknown", timedOut, seconds, output });
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: every process of the group is gone already, which is what was wanted.
  }
}
