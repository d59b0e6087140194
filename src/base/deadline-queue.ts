// Deadlines of many things with one earliest, where a thing is known by its value and has at most one deadline.

import { Deadline, DeadlineHeap } from "./deadline-heap.ts";
import type { Instant } from "./instant.ts";

export class DeadlineQueue<Thing> {
  readonly #heap = new DeadlineHeap<Thing>();
  readonly #deadlines = new Map<Thing, Deadline<Thing>>();

  get size(): number {
    return this.#heap.size;
  }

  /** The earliest deadline of all, or undefined when there is none. */
  get earliest(): Instant | undefined {
    return this.#heap.earliest;
  }

  deadlineOf(thing: Thing): Instant | undefined {
    return this.#deadlines.get(thing)?.at;
  }

  /** Gives `thing` this deadline in place of any earlier one. */
  set(thing: Thing, at: Instant): void {
    let deadline = this.#deadlines.get(thing);
    if (deadline === undefined) {
      deadline = new Deadline(thing);
      this.#deadlines.set(thing, deadline);
    }
    this.#heap.set(deadline, at);
  }

  delete(thing: Thing): void {
    const deadline = this.#deadlines.get(thing);
    if (deadline === undefined) return;
    this.#deadlines.delete(thing);
    this.#heap.delete(deadline);
  }

  /** Takes out and gives back one thing whose deadline is at or before `now`; undefined when none is due. */
  takeDue(now: Instant): Thing | undefined {
    const thing = this.#heap.takeDue(now);
    if (thing !== undefined) this.#deadlines.delete(thing);
    return thing;
  }
}
