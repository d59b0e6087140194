// The deduplicator of RFC 7252 4.5 and at once the block-level resend cache: a request that arrives again gets the
// answer it got before, byte for byte, and no handler runs. What was evicted is computed again, which 4.5 allows for
// idempotent requests such as the GET of a block.

import { equal } from "../base/bytes.ts";
import { addMs, type Instant } from "../base/instant.ts";
import { AssociationTable } from "./association-table.ts";
import { HEADER_LENGTH } from "./message.ts";
import { messageTypeOf } from "./message-type.ts";
import { EXCHANGE_LIFETIME_MS, NON_LIFETIME_MS } from "./parameters.ts";

interface Answered {
  readonly request: Uint8Array;
  readonly answer: Uint8Array;
  readonly expiresAt: Instant;
}

export interface ResendCacheLimits {
  /** Answers of one association. */
  readonly countMax: number;
  /** Bytes over all associations. */
  readonly lengthMax: number;
}

export class ResendCache<Association> {
  readonly #answered: AssociationTable<Association, number, Answered>;

  constructor(limits: ResendCacheLimits) {
    this.#answered = new AssociationTable({ ...limits, lifetimeMs: EXCHANGE_LIFETIME_MS });
  }

  /** Bytes, overhead included. */
  get length(): number {
    return this.#answered.length;
  }

  get associationCount(): number {
    return this.#answered.associationCount;
  }

  countOf(association: Association): number {
    return this.#answered.countOf(association);
  }

  /**
   * The answer to the very same datagram. Another request under the same Message ID is a new one: a fast client wraps
   * its Message IDs inside EXCHANGE_LIFETIME, and must never get a stale block.
   */
  find(now: Instant, association: Association, datagram: Uint8Array): Uint8Array | undefined {
    if (datagram.length < HEADER_LENGTH) return undefined;
    const known = this.#answered.find(now, association, messageIdOf(datagram));
    if (known === undefined || known.expiresAt <= now || !equal(known.request, datagram)) return undefined;
    return known.answer;
  }

  /** Keeps both arrays; an empty `answer` marks a request as known that has nothing to send again. */
  remember(now: Instant, association: Association, request: Uint8Array, answer: Uint8Array): void {
    const length = request.length + answer.length;
    const expiresAt = addMs(now, isNon(request) ? NON_LIFETIME_MS : EXCHANGE_LIFETIME_MS);
    this.#answered.set(now, association, messageIdOf(request), { request, answer, expiresAt }, length);
  }

  forget(association: Association): void {
    this.#answered.forget(association);
  }

  handleTimeout(now: Instant): void {
    this.#answered.handleTimeout(now);
  }

  pollTimeout(): Instant | undefined {
    return this.#answered.pollTimeout();
  }
}

function messageIdOf(datagram: Uint8Array): number {
  return (datagram[2]! << 8) | datagram[3]!;
}

function isNon(datagram: Uint8Array): boolean {
  return messageTypeOf((datagram[0]! >> 4) & 0b11) === "NON";
}
