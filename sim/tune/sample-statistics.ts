// What a handful of runs says about a link: percentiles, how far the true median may lie from theirs, and what further
// runs would come to.

import { assert } from "../../src/base/assert.ts";

/** The two-sided confidence of all intervals. */
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

/** The text that stands there most often, the first of those that do; "" for none. */
export function mostFrequent(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), ["", 0] as [string, number])[0];
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

/**
 * Where the median of `again` further values lies with at least CONFIDENCE, drawn from the same distribution, whichever that
 * is: from so far below to so far above among these values. How many of them precede the k-th of the others is negative
 * hypergeometric. The whole range where there are too few for the confidence; undefined for none.
 */
export function furtherMedianInterval(values: readonly number[], again: number): Interval | undefined {
  const sorted = inOrder(values);
  const count = sorted.length;
  const middle = Math.max(1, Math.floor(again / 2));
  const rest = again - middle;
  const chances = chancesOf(count, (j) => ((j + middle) * (count - j)) / ((j + 1) * (count - j + rest)));
  const rank = Math.max(0, firstBeyond(chances, (1 - CONFIDENCE) / 2) - 1);
  const low = sorted[rank];
  const high = sorted[count - 1 - rank];
  return low === undefined || high === undefined ? undefined : { low, high };
}

/**
 * How many of `again` further trials succeed, with at least CONFIDENCE, after `successes` of `count` did: the beta-binomial
 * distribution that follows from Jeffreys' prior.
 */
export function furtherCountInterval(successes: number, count: number, again: number): Interval {
  const [a, b] = [successes + 0.5, count - successes + 0.5];
  const chances = chancesOf(again, (j) => ((again - j) * (j + a)) / ((j + 1) * (again - j - 1 + b)));
  const beyond = (1 - CONFIDENCE) / 2;
  return { low: firstBeyond(chances, beyond), high: again - firstBeyond(chances.toReversed(), beyond) };
}

/** The chances of 0 to `last`, from the ratio of each to the one before it. */
function chancesOf(last: number, ratioAfter: (j: number) => number): number[] {
  const logarithms = [0];
  for (let j = 0; j < last; j++) logarithms.push(logarithms[j]! + Math.log(ratioAfter(j)));
  const greatest = Math.max(...logarithms);
  const weights = logarithms.map((logarithm) => Math.exp(logarithm - greatest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The first place up to which more than the share `beyond` lies. */
function firstBeyond(chances: readonly number[], beyond: number): number {
  let sum = 0;
  for (const [place, chance] of chances.entries()) {
    sum += chance;
    if (sum > beyond) return place;
  }
  return chances.length - 1;
}

function inOrder(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
