// How long answers took.

const CAPACITY = 1 << 20;

export class LatencyRecord {
  readonly #ms = new Float64Array(CAPACITY);
  #count = 0;

  /** The oldest gives way when there are more than a million. */
  add(ms: number): void {
    this.#ms[this.#count++ % CAPACITY] = ms;
  }

  /** The time within which this share of the answers came, ms; NaN when there were none. */
  percentile(share: number): number {
    const sorted = this.#ms.slice(0, Math.min(this.#count, CAPACITY)).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  }

  clear(): void {
    this.#count = 0;
  }
}
