// How many values lie in each of a few equal spans.

export interface Bin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

const BIN_COUNT = 16;

/** What lies beyond is in the last bin: one pause of a device must not press all others into the first. */
const SHOWN_SHARE = 0.99;

/** `sorted` has at least one value. */
export function histogramOf(sorted: readonly number[]): readonly Bin[] {
  const from = sorted[0]!;
  const to = sorted[Math.floor((sorted.length - 1) * SHOWN_SHARE)]!;
  const last = sorted.at(-1)!;
  const width = (to - from) / BIN_COUNT;
  if (width === 0) return [{ low: from, high: last, count: sorted.length }];
  const counts = new Array<number>(BIN_COUNT).fill(0);
  for (const value of sorted) {
    const bin = Math.min(BIN_COUNT - 1, Math.floor((value - from) / width));
    counts[bin] = counts[bin]! + 1;
  }
  return counts.map((count, i) => ({
    low: from + i * width,
    high: i === BIN_COUNT - 1 ? last : from + (i + 1) * width,
    count,
  }));
}
