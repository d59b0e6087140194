// What a benchmark says: rows with figures, and how they compare with those of other rows.

import { type Spread, spreadOf } from "../statistics.ts";

export interface Figure {
  /** The heading of its column: "CPU µs per block". */
  readonly name: string;
  readonly values: readonly number[];
  readonly spread: Spread;
}

/** At most or at least this much is promised. */
export type Limit = { readonly atMost: number } | { readonly atLeast: number };

/** A quotient: of two rows' figures run by run, or of a figure and what was promised of it. */
export interface Comparison {
  /** The other server, or what was promised: "libcoap (OpenSSL)", "1024 bytes". */
  readonly with: string;
  readonly figure: string;
  readonly ratio: Spread;
  readonly limit?: Limit;
  readonly held?: boolean;
}

export interface Row {
  /** Stable: "blocks.plain.1024.64.narrowboat". */
  readonly id: string;
  /** "narrowboat, 10000 idle sessions". */
  readonly server: string;
  readonly figures: readonly Figure[];
  readonly comparisons: readonly Comparison[];
  /** What to know when reading it: losses, limits. */
  readonly notes: readonly string[];
  /** Why there are no figures. */
  readonly skipped?: string;
}

/** The rows of one scene, to be read together. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

export function holds(ratio: number, limit: Limit): boolean {
  return "atMost" in limit ? ratio <= limit.atMost : ratio >= limit.atLeast;
}

/** `row` and how one of its figures stands to what was promised of it: at most `most`, which `unit` says what of. */
export function withPromise(row: Row, figure: string, most: number, unit: string): Row {
  const { values } = row.figures.find(({ name }) => name === figure)!;
  const ratio = spreadOf(values.map((value) => value / most));
  const limit = { atMost: 1 } as const;
  const comparison = { with: `${most} ${unit}`, figure, ratio, limit, held: holds(ratio.median, limit) };
  return { ...row, comparisons: [...row.comparisons, comparison] };
}

/** Every promise of these rows that was not kept. */
export function broken(rows: readonly Row[]): readonly { readonly row: Row; readonly comparison: Comparison }[] {
  return rows.flatMap((row) =>
    row.comparisons.filter(({ held }) => held === false).map((comparison) => ({ row, comparison })),
  );
}
