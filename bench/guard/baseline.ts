// bench/baseline.json: the ratios that CI compares with, an entry for each major version of Node.js.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { array, type InferOutput, number, object, parse, record, string } from "valibot";
import type { Circumstances } from "../report/machine.ts";

const ENTRY = object({
  node: string(),
  commit: string(),
  machine: string(),
  date: string(),
  /** By guard's id. */
  ratios: record(string(), number()),
});
const BASELINE = object({ entries: array(ENTRY) });

export type BaselineEntry = InferOutput<typeof ENTRY>;

/** The entry for this version, "20.20.2"; undefined where there is none. */
export function baselineFor(path: string, node: string): BaselineEntry | undefined {
  return read(path).find((entry) => majorOf(entry.node) === majorOf(node));
}

/** Puts `ratios` in the place of those for the same major version. */
export function updateBaseline(path: string, where: Circumstances, ratios: Readonly<Record<string, number>>): void {
  const { node, commit, machine, date } = where;
  const others = read(path).filter((entry) => majorOf(entry.node) !== majorOf(node));
  const entries = [...others, { node, commit, machine, date, ratios }];
  entries.sort((a, b) => Number(majorOf(a.node)) - Number(majorOf(b.node)));
  writeFileSync(path, `${JSON.stringify({ entries }, null, 2)}\n`);
}

/** None where there is no file. */
function read(path: string): readonly BaselineEntry[] {
  if (!existsSync(path)) return [];
  return parse(BASELINE, JSON.parse(readFileSync(path, "utf8"))).entries;
}

function majorOf(version: string): string {
  return version.split(".")[0]!;
}
