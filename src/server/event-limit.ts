// Whoever sends datagrams may cause the same line again and again. Of each cause the first few in a minute are told, and the
// rest are one sum at its end.

import type { RepeatedEvent, ServerEvent } from "./server-event.ts";

/** Of one cause, in one minute. */
export const EVENTS_PER_CAUSE_MAX = 20;

/** Causes kept apart; what comes beyond is one cause for each kind of event. */
export const CAUSES_MAX = 256;

type RepeatedKind = RepeatedEvent["of"];

interface Cause {
  readonly of: RepeatedKind;
  readonly reason: string;
  count: number;
}

export class EventLimit {
  readonly #causes = new Map<string, Cause>();

  get size(): number {
    return this.#causes.size;
  }

  /** Whether to tell an event by itself. */
  admits(event: ServerEvent): boolean {
    switch (event.kind) {
      case "handshakeFailed":
      case "keyRefused":
        return this.#counts(event.kind, event.reason);
      case "imageDamaged":
        return this.#counts(event.kind, event.path);
      default:
        return true;
    }
  }

  /** At the end of a minute: what was not told, one event for each cause. The next minute begins. */
  takeRepeated(): RepeatedEvent[] {
    const repeated = [...this.#causes.values()].filter(({ count }) => count > EVENTS_PER_CAUSE_MAX);
    this.#causes.clear();
    return repeated.map(({ of, reason, count }) => {
      return { kind: "repeated", of, reason, count: count - EVENTS_PER_CAUSE_MAX };
    });
  }

  #counts(of: RepeatedKind, reason: string): boolean {
    const name = `${of} ${reason}`;
    let cause = this.#causes.get(name);
    if (cause === undefined && this.#causes.size >= CAUSES_MAX) return this.#countsOthers(of);
    if (cause === undefined) {
      cause = { of, reason, count: 0 };
      this.#causes.set(name, cause);
    }
    cause.count++;
    return cause.count <= EVENTS_PER_CAUSE_MAX;
  }

  /** An entry for each kind, beyond the maximum. */
  #countsOthers(of: RepeatedKind): boolean {
    const cause = this.#causes.get(of) ?? { of, reason: "others", count: 0 };
    this.#causes.set(of, cause);
    cause.count++;
    return cause.count <= EVENTS_PER_CAUSE_MAX;
  }
}
