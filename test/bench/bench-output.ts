// `npm run bench` in its quick sizes, as a program.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Section } from "../../bench/report/row.ts";

const MAIN = join(import.meta.dirname, "../../bench/main.js");
const LIMIT_MS = 100_000;

export interface BenchOutput {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly sections: readonly Section[];
}

/** One run of a fifth of a second each. Sections are empty when it failed. */
export function quickBench(scenes: string, env: NodeJS.ProcessEnv = process.env): BenchOutput {
  const folder = mkdtempSync(join(tmpdir(), "narrowboat-bench-test-"));
  const json = join(folder, "rows.json");
  const args = [MAIN, "--quick", "--runs", "1", "--seconds", "0.2", "--only", scenes, "--json", json];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: LIMIT_MS, env });
  const sections = status === 0 ? (JSON.parse(readFileSync(json, "utf8")) as { sections: Section[] }).sections : [];
  rmSync(folder, { recursive: true });
  return { status, stdout, stderr, sections };
}
