// First in, first out, at a constant cost whatever the length; an array's shift() moves all that is left.

/** A longer array is given back when the queue has run empty; a shorter one is used again and makes no garbage. */
const KEPT_COUNT_MAX = 256;

export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;
  #end = 0;

  get size(): number {
    return this.#end - this.#head;
  }

  push(item: Item): void {
    this.#items[this.#end++] = item;
  }

  /** Takes out the oldest; undefined when empty. */
  shift(): Item | undefined {
    if (this.#head === this.#end) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#end) {
      if (this.#end > KEPT_COUNT_MAX) this.#items = [];
      this.#head = 0;
      this.#end = 0;
    }
    return item;
  }
}
