// The deduplicator of RFC 7252 4.5 and at once the block-level resend cache: a request that arrives again gets the
// answer it got before, byte for byte, and no handler runs. What was evicted is computed again, which 4.5 allows for
// idempotent requests such as the GET of a block.
//
// Bounded per association by count, over all by bytes, and in time. The associations stand in the order of their last
// answer, which serves as the queue of expiry and of eviction: no timer per entry and no scan.

import type { Deadlined } from "../base/deadlined.ts";
import { addMs, type Instant } from "../base/instant.ts";
import { RecencyList, type Recent } from "../base/recency-list.ts";
import { AnsweredExchanges, type AnswerSlice } from "./answered-exchanges.ts";
import { HEADER_LENGTH } from "./message.ts";
import { messageTypeOf } from "./message-type.ts";
import { ENTRY_OVERHEAD_LENGTH, EXCHANGE_LIFETIME_MS, EXPIRY_SLACK_MS, NON_LIFETIME_MS } from "./parameters.ts";

export interface ResendCacheLimits {
  /** Answers of one association. */
  readonly countMax: number;
  /** Bytes over all associations. */
  readonly lengthMax: number;
}

interface Answered<Association> extends Recent<Answered<Association>> {
  readonly association: Association;
  readonly exchanges: AnsweredExchanges;
  /** When the last of its answers expires. */
  expiresAt: Instant;
}

export class ResendCache<Association> implements Deadlined {
  readonly #limits: ResendCacheLimits;
  readonly #answered = new Map<Association, Answered<Association>>();
  readonly #order = new RecencyList<Answered<Association>>();
  /** The one that was found last: who asks is answered next. */
  #last: Answered<Association> | undefined;
  #length = 0;

  constructor(limits: ResendCacheLimits) {
    this.#limits = limits;
  }

  /** Bytes, overhead included. */
  get length(): number {
    return this.#length;
  }

  get associationCount(): number {
    return this.#answered.size;
  }

  countOf(association: Association): number {
    return this.#answered.get(association)?.exchanges.count ?? 0;
  }

  /**
   * The answer to the very same datagram. Another request under the same Message ID is a new one: a fast client wraps
   * its Message IDs inside EXCHANGE_LIFETIME, and must never get a stale block.
   */
  find(now: Instant, association: Association, datagram: Uint8Array): Uint8Array | undefined {
    if (datagram.length < HEADER_LENGTH) return undefined;
    return this.#of(association)?.exchanges.find(now, messageIdOf(datagram), datagram);
  }

  /**
   * Copies both; an empty `answer` marks a request as known that has nothing to send again. With a slice, `answer` is what
   * stands before it, and the slice is read from its body when it is asked for again.
   */
  remember(now: Instant, association: Association, request: Uint8Array, answer: Uint8Array, slice?: AnswerSlice): void {
    this.handleTimeout(now);
    const answered = this.#newestFor(association);
    const before = answered.exchanges.length;
    const lifetimeMs = isNon(request) ? NON_LIFETIME_MS : EXCHANGE_LIFETIME_MS;
    answered.exchanges.put(messageIdOf(request), addMs(now, lifetimeMs), request, answer, slice);
    answered.expiresAt = addMs(now, EXCHANGE_LIFETIME_MS);
    this.#length += answered.exchanges.length - before;
    while (this.#length > this.#limits.lengthMax && this.#order.oldest !== undefined) this.#drop(this.#order.oldest);
  }

  forget(association: Association): void {
    const answered = this.#answered.get(association);
    if (answered !== undefined) this.#drop(answered);
  }

  handleTimeout(now: Instant): void {
    for (let { oldest } = this.#order; oldest !== undefined && oldest.expiresAt <= now; { oldest } = this.#order) {
      this.#drop(oldest);
    }
  }

  /** Later than the first expiry: find() knows what has expired, so that waking up only frees memory. */
  pollTimeout(): Instant | undefined {
    const { oldest } = this.#order;
    return oldest && addMs(oldest.expiresAt, EXPIRY_SLACK_MS);
  }

  #of(association: Association): Answered<Association> | undefined {
    if (this.#last?.association === association) return this.#last;
    const answered = this.#answered.get(association);
    if (answered !== undefined) this.#last = answered;
    return answered;
  }

  /** What is known of the association, moved to the new end. */
  #newestFor(association: Association): Answered<Association> {
    let answered = this.#of(association);
    if (answered === undefined) {
      const exchanges = new AnsweredExchanges(this.#limits.countMax);
      answered = { association, exchanges, expiresAt: 0 as Instant, older: undefined, newer: undefined };
      this.#answered.set(association, answered);
      this.#order.add(answered);
      this.#length += ENTRY_OVERHEAD_LENGTH;
    } else {
      this.#order.touch(answered);
    }
    return answered;
  }

  #drop(answered: Answered<Association>): void {
    this.#answered.delete(answered.association);
    if (this.#last === answered) this.#last = undefined;
    this.#length -= answered.exchanges.length + ENTRY_OVERHEAD_LENGTH;
    this.#order.remove(answered);
  }
}

function messageIdOf(datagram: Uint8Array): number {
  return (datagram[2]! << 8) | datagram[3]!;
}

function isNon(datagram: Uint8Array): boolean {
  return messageTypeOf((datagram[0]! >> 4) & 0b11) === "NON";
}
