// Message IDs of our own messages (RFC 7252 4.4): a random first one for each association, then one after the other, so
// that none is used twice within EXCHANGE_LIFETIME. An association silent for that long starts anew.

import type { Deadlined } from "../base/deadlined.ts";
import type { Instant } from "../base/instant.ts";
import { type RandomSource, randomUint16 } from "../base/random-source.ts";
import { AssociationTable } from "./association-table.ts";
import { EXCHANGE_LIFETIME_MS } from "./parameters.ts";

export class MessageIds<Association> implements Deadlined {
  readonly #random: RandomSource;
  readonly #next: AssociationTable<Association, "next", number>;

  /** `lengthMax`: bytes over all associations, see AssociationTable. */
  constructor(random: RandomSource, lengthMax: number) {
    this.#random = random;
    this.#next = new AssociationTable({ countMax: 1, lengthMax, lifetimeMs: EXCHANGE_LIFETIME_MS });
  }

  get associationCount(): number {
    return this.#next.associationCount;
  }

  /** Bytes, overhead included. */
  get length(): number {
    return this.#next.length;
  }

  take(now: Instant, association: Association): number {
    const messageId = this.#next.find(now, association, "next") ?? randomUint16(this.#random);
    this.#next.set(now, association, "next", (messageId + 1) & 0xffff, 0);
    return messageId;
  }

  forget(association: Association): void {
    this.#next.forget(association);
  }

  handleTimeout(now: Instant): void {
    this.#next.handleTimeout(now);
  }

  pollTimeout(): Instant | undefined {
    return this.#next.pollTimeout();
  }
}
