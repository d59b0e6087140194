// The exchanges of one association that were answered lately, in a ring that is written over: request and answer lie as
// bytes in one array that grows with use, and of a block only where it was cut from. So remembering a block makes no
// garbage and takes a tenth of its bytes.

import { EMPTY, put } from "../base/bytes.ts";
import type { Instant } from "../base/instant.ts";
import type { Body } from "./body.ts";

/** Room for a request and the part of its answer before the payload; what is longer gets an array of its own. */
const SLOT_LENGTH = 96;

/** What one exchange costs beside its bytes. */
const EXCHANGE_OVERHEAD_LENGTH = 88;

/** Where an answer's payload was cut out of a body. */
export interface AnswerSlice {
  readonly body: Body;
  /** Bytes. */
  readonly offset: number;
  readonly length: number;
}

interface Exchange {
  messageId: number;
  expiresAt: Instant;
  requestLength: number;
  /** Of the answer without its slice. */
  answerLength: number;
  /** The bytes of an exchange that does not fit its slot. */
  long: Uint8Array | undefined;
  /** Where the slice comes from, if there is one; not an object of its own, which would live as long as this one. */
  body: Body | undefined;
  offset: number;
  length: number;
}

export class AnsweredExchanges {
  readonly #countMax: number;
  readonly #exchanges: Exchange[] = [];
  #slots = EMPTY;
  #length = 0;
  #next = 0;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#exchanges.length;
  }

  /** Bytes. */
  get length(): number {
    return this.#length;
  }

  /** The answer to the very same request; undefined when there is none, or its bytes cannot be had now. */
  find(now: Instant, messageId: number, request: Uint8Array): Uint8Array | undefined {
    for (let index = 0; index < this.#exchanges.length; index++) {
      const exchange = this.#exchanges[index]!;
      if (exchange.messageId !== messageId || exchange.expiresAt <= now) continue;
      if (this.#isRequest(index, exchange, request)) return this.#answerOf(index, exchange);
    }
    return undefined;
  }

  /**
   * Copies the bytes, in place of those of the oldest exchange when there are as many as may be. With a slice, `answer` is
   * what stands before it.
   */
  put(messageId: number, expiresAt: Instant, request: Uint8Array, answer: Uint8Array, slice?: AnswerSlice): void {
    const index = this.#next;
    this.#next = index + 1 === this.#countMax ? 0 : index + 1;
    const requestLength = request.length;
    const answerLength = answer.length;
    const exchange = this.#exchangeAt(index);
    exchange.messageId = messageId;
    exchange.expiresAt = expiresAt;
    exchange.requestLength = requestLength;
    exchange.answerLength = answerLength;
    exchange.body = slice?.body;
    exchange.offset = slice === undefined ? 0 : slice.offset;
    exchange.length = slice === undefined ? 0 : slice.length;
    if (exchange.long !== undefined) this.#length -= exchange.long.length;
    const length = requestLength + answerLength;
    const long = length > SLOT_LENGTH ? new Uint8Array(length) : undefined;
    exchange.long = long;
    if (long !== undefined) this.#length += length;
    const at = long === undefined ? index * SLOT_LENGTH : 0;
    const bytes = long ?? this.#slots;
    put(bytes, at, request);
    put(bytes, at + requestLength, answer);
  }

  #exchangeAt(index: number): Exchange {
    if ((index + 1) * SLOT_LENGTH > this.#slots.length) {
      const grown = new Uint8Array(Math.min(this.#countMax, 2 * index + 1) * SLOT_LENGTH);
      grown.set(this.#slots);
      this.#length += grown.length - this.#slots.length;
      this.#slots = grown;
    }
    let exchange = this.#exchanges[index];
    if (exchange === undefined) {
      exchange = {
        messageId: 0,
        expiresAt: 0 as Instant,
        requestLength: 0,
        answerLength: 0,
        long: undefined,
        body: undefined,
        offset: 0,
        length: 0,
      };
      this.#exchanges.push(exchange);
      this.#length += EXCHANGE_OVERHEAD_LENGTH;
    }
    return exchange;
  }

  #isRequest(index: number, { long, requestLength }: Exchange, request: Uint8Array): boolean {
    if (request.length !== requestLength) return false;
    const bytes = long ?? this.#slots;
    const at = long === undefined ? index * SLOT_LENGTH : 0;
    for (let i = 0; i < requestLength; i++) if (bytes[at + i] !== request[i]) return false;
    return true;
  }

  #answerOf(index: number, exchange: Exchange): Uint8Array | undefined {
    const { long, requestLength, answerLength, body } = exchange;
    const at = (long === undefined ? index * SLOT_LENGTH : 0) + requestLength;
    const before = (long ?? this.#slots).subarray(at, at + answerLength);
    if (body === undefined) return Uint8Array.from(before);
    const payload = body.read(exchange.offset, exchange.length);
    if (!(payload instanceof Uint8Array)) return undefined;
    const answer = new Uint8Array(answerLength + payload.length);
    answer.set(before);
    answer.set(payload, answerLength);
    return answer;
  }
}
