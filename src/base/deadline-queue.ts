// Deadlines of many things with one earliest: a binary heap in which a thing has at most one deadline.
// Cost depends on how many deadlines are set, not on how many things exist: a sleeping session has none.

import type { Instant } from "./instant.ts";

interface Entry<Thing> {
  readonly thing: Thing;
  deadline: Instant;
  position: number;
}

export class DeadlineQueue<Thing> {
  readonly #heap: Entry<Thing>[] = [];
  readonly #entries = new Map<Thing, Entry<Thing>>();

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest deadline of all, or undefined when there is none. */
  get earliest(): Instant | undefined {
    return this.#heap[0]?.deadline;
  }

  deadlineOf(thing: Thing): Instant | undefined {
    return this.#entries.get(thing)?.deadline;
  }

  /** Gives `thing` this deadline in place of any earlier one. */
  set(thing: Thing, deadline: Instant): void {
    let entry = this.#entries.get(thing);
    if (entry === undefined) {
      entry = { thing, deadline, position: this.#heap.length };
      this.#entries.set(thing, entry);
      this.#heap.push(entry);
    }
    entry.deadline = deadline;
    this.#settle(entry);
  }

  delete(thing: Thing): void {
    const entry = this.#entries.get(thing);
    if (entry === undefined) return;
    this.#entries.delete(thing);
    const last = this.#heap.pop()!;
    if (last === entry) return;
    this.#place(last, entry.position);
    this.#settle(last);
  }

  /** Takes out and gives back one thing whose deadline is at or before `now`; undefined when none is due. */
  takeDue(now: Instant): Thing | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.deadline > now) return undefined;
    this.delete(first.thing);
    return first.thing;
  }

  #place(entry: Entry<Thing>, position: number): void {
    this.#heap[position] = entry;
    entry.position = position;
  }

  #settle(entry: Entry<Thing>): void {
    let position = entry.position;
    while (position > 0) {
      const parent = this.#heap[(position - 1) >> 1]!;
      if (parent.deadline <= entry.deadline) break;
      this.#place(parent, position);
      position = (position - 1) >> 1;
    }
    for (;;) {
      let child = this.#heap[2 * position + 1];
      const right = this.#heap[2 * position + 2];
      if (child !== undefined && right !== undefined && right.deadline < child.deadline) child = right;
      if (child === undefined || child.deadline >= entry.deadline) break;
      const childPosition = child.position;
      this.#place(child, position);
      position = childPosition;
    }
    this.#place(entry, position);
  }
}
