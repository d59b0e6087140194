// Items in the order of their last use, at a constant cost: each one holds its neighbours itself.

/** What an item has to have; nobody but the list writes it. */
export interface Recent<Item> {
  older: Item | undefined;
  newer: Item | undefined;
}

export class RecencyList<Item extends Recent<Item>> {
  #oldest: Item | undefined;
  #newest: Item | undefined;

  /** The one that was not used for longest. */
  get oldest(): Item | undefined {
    return this.#oldest;
  }

  /** Adds an item that is not in the list. */
  add(item: Item): void {
    item.older = this.#newest;
    item.newer = undefined;
    if (this.#newest === undefined) this.#oldest = item;
    else this.#newest.newer = item;
    this.#newest = item;
  }

  /** An item of the list was used. */
  touch(item: Item): void {
    if (item === this.#newest) return;
    this.remove(item);
    this.add(item);
  }

  /** Takes out an item of the list. */
  remove(item: Item): void {
    const { older, newer } = item;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    item.older = undefined;
    item.newer = undefined;
  }
}
