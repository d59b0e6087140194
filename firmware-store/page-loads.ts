// How many pages are read from disk at a time: their bytes are in memory beside the cache.

/** 1 MiB in all, and more than the system reads at a time for one process. */
export const PAGE_LOADS_MAX = 16;

export class PageLoads {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Loads in turn: the first come is the first served. */
  async run(load: () => Promise<void>): Promise<void> {
    if (this.#running === PAGE_LOADS_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      await load();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
