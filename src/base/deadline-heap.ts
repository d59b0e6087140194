// Deadlines of many things with one earliest: a binary heap. A thing brings its own Deadline along, so that no map leads
// from things to deadlines: see slot-map.ts for what that spares. Cost depends on how many deadlines are set, not on how
// many things exist: a sleeping session has none.

import type { Instant } from "./instant.ts";

const NOWHERE = -1;

/** The place of one thing in one heap. */
export class Deadline<Thing> {
  readonly thing: Thing;
  /** These two are the heap's: when it is due, and where it stands. */
  at = 0 as Instant;
  position = NOWHERE;

  constructor(thing: Thing) {
    this.thing = thing;
  }
}

export class DeadlineHeap<Thing> {
  readonly #heap: Deadline<Thing>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest deadline of all, or undefined when there is none. */
  get earliest(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  /** Sets the deadline in place of any earlier one. */
  set(deadline: Deadline<Thing>, at: Instant): void {
    if (deadline.position === NOWHERE) deadline.position = this.#heap.push(deadline) - 1;
    else if (deadline.at === at) return;
    deadline.at = at;
    this.#settle(deadline);
  }

  /** One that is not set is left alone. */
  delete(deadline: Deadline<Thing>): void {
    if (deadline.position === NOWHERE) return;
    const last = this.#heap.pop()!;
    if (last !== deadline) {
      this.#place(last, deadline.position);
      this.#settle(last);
    }
    deadline.position = NOWHERE;
  }

  /** Takes out and gives back one thing whose deadline is at or before `now`; undefined when none is due. */
  takeDue(now: Instant): Thing | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.delete(first);
    return first.thing;
  }

  #place(deadline: Deadline<Thing>, position: number): void {
    this.#heap[position] = deadline;
    deadline.position = position;
  }

  #settle(deadline: Deadline<Thing>): void {
    let { position } = deadline;
    while (position > 0) {
      const parent = this.#heap[(position - 1) >> 1]!;
      if (parent.at <= deadline.at) break;
      this.#place(parent, position);
      position = (position - 1) >> 1;
    }
    for (;;) {
      let child = this.#heap[2 * position + 1];
      const right = this.#heap[2 * position + 2];
      if (child !== undefined && right !== undefined && right.at < child.at) child = right;
      if (child === undefined || child.at >= deadline.at) break;
      const childPosition = child.position;
      this.#place(child, position);
      position = childPosition;
    }
    this.#place(deadline, position);
  }
}
