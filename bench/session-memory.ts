// What a session takes of a server's memory: VmRSS of a server that has many, less VmRSS of one of the same kind that has
// few and does the same work in the same minutes, divided by how many more there are. So the program itself, its compiled
// code and its garbage fall out.

import { type Figure, type Row, withPromise } from "./report/row.ts";
import { residentBytes } from "./resident-memory.ts";
import { spreadOf } from "./statistics.ts";
import type { Measured } from "./trial.ts";

const RESIDENT = "resident MB";

export function residentMegabytes(pid: number): Measured {
  return { [RESIDENT]: residentBytes(pid) / 1e6 };
}

export interface SessionCount {
  /** How many more sessions the first row's server has. */
  readonly count: number;
  /** Of the figure: "bytes per idle session". */
  readonly name: string;
  /** Bytes, where something is promised. */
  readonly limit: number | undefined;
}

/** `row` with one figure more, run by run; both rows have residentMegabytes(). */
export function withBytesPerSession(row: Row, few: Row, { count, name, limit }: SessionCount): Row {
  const [more, less] = [residentOf(row), residentOf(few)];
  const values = more.map((megabytes, run) => ((megabytes - less[run]!) * 1e6) / count);
  const figure: Figure = { name, values, spread: spreadOf(values) };
  const whole = { ...row, figures: [...row.figures, figure] };
  return limit === undefined ? whole : withPromise(whole, name, limit, "bytes a session");
}

function residentOf(row: Row): readonly number[] {
  return row.figures.find(({ name }) => name === RESIDENT)!.values;
}
