// What a handful of runs says about a link: percentiles, and how far the true median may lie from theirs.

import { assert } from "../../src/base/assert.ts";

/** The two-sided confidence of medianInterval. */
export const CONFIDENCE = 0.95;

/** More would leave the range of the floating-point binomial below. */
export const SAMPLE_COUNT_MAX = 1_000;

/** The value below which the share `fraction` of `values` lies, interpolated between neighbours; undefined for none. */
export function percentile(values: readonly number[], fraction: number): number | undefined {
  const sorted = inOrder(values);
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) return undefined;
  return below + (above - below) * (position - Math.floor(position));
}

export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The narrowest pair of order statistics, as many values below as above it, that has the true median between its two
 * with at least CONFIDENCE. It holds for every distribution: how many of n values lie below the median is binomial with
 * p = 1/2. Fewer than six values cannot reach the confidence; their whole range is given. Undefined for none.
 */
export function medianInterval(values: readonly number[]): Interval | undefined {
  assert(values.length <= SAMPLE_COUNT_MAX, "too many values for a median's interval");
  const sorted = inOrder(values);
  const count = sorted.length;
  let rank = 0;
  let exactly = 0.5 ** count;
  let atMost = exactly;
  for (;;) {
    exactly *= (count - rank) / (rank + 1);
    if (2 * (atMost + exactly) > 1 - CONFIDENCE) break;
    atMost += exactly;
    rank++;
  }
  const low = sorted[rank];
  const high = sorted[count - 1 - rank];
  return low === undefined || high === undefined ? undefined : { low, high };
}

function inOrder(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
