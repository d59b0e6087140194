// What happens next: a binary heap of events by time. Events of one instant come out in the order in which they went
// in, so that a run is the same whatever the heap's shape.

import type { Instant } from "../../src/base/instant.ts";

interface Entry<Event> {
  readonly at: Instant;
  readonly order: number;
  readonly event: Event;
}

export class EventHeap<Event> {
  readonly #heap: Entry<Event>[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the next event is; undefined when there is none. */
  get earliest(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  push(at: Instant, event: Event): void {
    const entry = { at, order: this.#order++, event };
    let position = this.#heap.length;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (!isBefore(entry, this.#heap[parent]!)) break;
      this.#heap[position] = this.#heap[parent]!;
      position = parent;
    }
    this.#heap[position] = entry;
  }

  /** Takes out the next event and its time if it is at or before `now`. */
  takeDue(now: Instant): { readonly at: Instant; readonly event: Event } | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) this.#sinkFromTop(last);
    return first;
  }

  #sinkFromTop(entry: Entry<Event>): void {
    const heap = this.#heap;
    let position = 0;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, entry)) break;
      heap[position] = heap[child]!;
      position = child;
    }
    heap[position] = entry;
  }
}

function isBefore(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
