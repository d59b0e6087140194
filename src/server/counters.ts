// Every discard, alert and refusal, counted by its name.

export class Counters {
  readonly #counts = new Map<string, number>();
  #total = 0;

  /** Of all names together. */
  get total(): number {
    return this.#total;
  }

  add(name: string): void {
    this.#total++;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** In alphabetical order; names that never happened are absent. */
  snapshot(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
