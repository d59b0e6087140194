// What is said of several runs of one measurement.

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { min: sorted[0]!, median, max: sorted.at(-1)! };
}

/** Run by run, so that what slowed the machine in one of them slowed both sides. */
export function pairedRatios(values: readonly number[], reference: readonly number[]): readonly number[] {
  const count = Math.min(values.length, reference.length);
  return Array.from({ length: count }, (_, run) => values[run]! / reference[run]!);
}
