// Which bytes of a body have been seen: disjoint half-open ranges in ascending order, few when progress is in order.

export interface Range {
  readonly start: number;
  /** One past the last. */
  readonly end: number;
}

interface GrowingRange extends Range {
  end: number;
}

export class RangeSet {
  #ranges: GrowingRange[] = [];
  #covered = 0;

  /** How many bytes are covered. */
  get covered(): number {
    return this.#covered;
  }

  /** The disjoint ranges, ascending, never touching each other. */
  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** Covers [start, end) and gives back how many of these bytes were not covered before. */
  add(start: number, end: number): number {
    if (end <= start) return 0;
    const newest = this.#ranges[this.#ranges.length - 1];
    // In order, as nearly everything comes.
    if (newest !== undefined && start === newest.end) {
      newest.end = end;
      this.#covered += end - start;
      return end - start;
    }
    const first = this.#firstEndingAtOrAfter(start);
    let last = first;
    let absorbed = 0;
    let [mergedStart, mergedEnd] = [start, end];
    for (; last < this.#ranges.length && this.#ranges[last]!.start <= end; last++) {
      const range = this.#ranges[last]!;
      absorbed += range.end - range.start;
      mergedStart = Math.min(mergedStart, range.start);
      mergedEnd = Math.max(mergedEnd, range.end);
    }
    this.#ranges.splice(first, last - first, { start: mergedStart, end: mergedEnd });
    const added = mergedEnd - mergedStart - absorbed;
    this.#covered += added;
    return added;
  }

  /** Whether all of [start, end) is covered. */
  covers(start: number, end: number): boolean {
    const range = this.#ranges[this.#firstEndingAtOrAfter(start)];
    return end <= start || (range !== undefined && range.start <= start && end <= range.end);
  }

  /** The parts of [start, end) that are not covered, ascending. */
  gaps(start: number, end: number): Range[] {
    const gaps: Range[] = [];
    let position = start;
    for (let i = this.#firstEndingAtOrAfter(start); i < this.#ranges.length && position < end; i++) {
      const range = this.#ranges[i]!;
      if (range.start > position) gaps.push({ start: position, end: Math.min(range.start, end) });
      position = Math.max(position, range.end);
    }
    if (position < end) gaps.push({ start: position, end });
    return gaps;
  }

  #firstEndingAtOrAfter(position: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle]!.end < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
