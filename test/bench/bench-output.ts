// `npm run bench` in its quick sizes, as a program.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { Row, Section } from "../../bench/report/row.ts";

const MAIN = join(import.meta.dirname, "../../bench/main.js");
const LIMIT_MS = 100_000;

export interface BenchOutput {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** None when it failed. */
  readonly sections: readonly Section[];
  /** The page with charts; empty when it failed. */
  readonly page: string;
}

/** One run of a tenth of a second each. */
export function quickBench(
  scenes: string,
  env: NodeJS.ProcessEnv = process.env,
  flags: readonly string[] = [],
): BenchOutput {
  const folder = mkdtempSync(join(tmpdir(), "narrowboat-bench-test-"));
  const [json, html] = [join(folder, "rows.json"), join(folder, "page.html")];
  const words = [
    "--quick",
    "--runs",
    "1",
    "--seconds",
    "0.1",
    "--only",
    scenes,
    "--json",
    json,
    "--html",
    html,
    ...flags,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    encoding: "utf8",
    timeout: LIMIT_MS,
    env,
  });
  const sections = status === 0 ? (JSON.parse(readFileSync(json, "utf8")) as { sections: Section[] }).sections : [];
  const page = status === 0 ? readFileSync(html, "utf8") : "";
  rmSync(folder, { recursive: true });
  return { status, stdout, stderr, sections, page };
}

/** All rows; fails unless each is whole: figures of one run each, or a reason why there are none. */
export function measuredRows({ status, stderr, sections }: BenchOutput): readonly Row[] {
  assert.is(status, 0, stderr);
  const rows = sections.flatMap((section) => section.rows);
  for (const { id, figures, skipped } of rows) {
    assert.ok(skipped !== undefined || figures.length >= 2, `${id} has neither figures nor a reason`);
    for (const { name, values } of figures) assert.ok(Number.isFinite(values[0]), `${id}: ${name} is ${values}`);
  }
  return rows;
}
