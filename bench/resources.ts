// What a benchmark leaves behind when it ends, however it ends: nothing. Its processes are stopped, its directories gone.

import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const STOP_LIMIT_MS = 10_000;

export class Resources {
  readonly #processes = new Set<ChildProcess>();
  readonly #directories = new Set<string>();

  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn(command, args, options);
    this.#processes.add(child);
    child.once("exit", () => this.#processes.delete(child));
    return child;
  }

  directory(purpose: string): string {
    const path = mkdtempSync(join(tmpdir(), `narrowboat-bench-${purpose}-`));
    this.#directories.add(path);
    return path;
  }

  /** Asks the process to end, and ends it when it does not. */
  async stop(child: ChildProcess): Promise<void> {
    if (!this.#processes.has(child)) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await Promise.race([ended, sleep(STOP_LIMIT_MS, undefined, { ref: false })]);
    child.kill("SIGKILL");
  }

  remove(directory: string): void {
    rmSync(directory, { recursive: true, force: true });
    this.#directories.delete(directory);
  }

  /** Also when the program is interrupted or fails. */
  releaseAtTheEnd(): void {
    process.on("exit", () => this.release());
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
  }

  /** All at once, without waiting. */
  release(): void {
    for (const child of this.#processes) child.kill("SIGKILL");
    for (const directory of this.#directories) this.remove(directory);
  }
}
