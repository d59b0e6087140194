// On what and from what the figures come.

import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";

export interface Circumstances {
  readonly commit: string;
  /** That runs our servers, and the one that runs the load. */
  readonly node: string;
  readonly loadNode: string;
  readonly machine: string;
  /** RFC 3339. */
  readonly date: string;
  readonly runs: number;
  readonly measuredSeconds: number;
}

export function circumstances(node: string, runs: number, measureMs: number): Circumstances {
  return {
    commit: commit(),
    node: execFileSync(node, ["--version"], { encoding: "utf8" }).trim().slice(1),
    loadNode: process.versions.node,
    machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    date: new Date().toISOString(),
    runs,
    measuredSeconds: measureMs / 1000,
  };
}

/** With a plus sign when files differ from it. */
function commit(): string {
  try {
    const head = git("rev-parse", "--short=10", "HEAD").trim();
    return git("status", "--porcelain", "-uno") === "" ? head : `${head}+`;
  } catch {
    return "unknown";
  }
}

function git(...words: readonly string[]): string {
  return execFileSync("git", words, {
    cwd: import.meta.dirname,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}
