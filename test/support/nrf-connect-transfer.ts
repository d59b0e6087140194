// A transfer as nRF Connect SDK does it: one request at a time under RFC 7252's timer, and nothing taken but the answer
// itself in its acknowledgement. A separate response, an empty acknowledgement, an error or any other message ends it.

import * as assert from "uvu/assert";
import type { Instant } from "../../src/base/instant.ts";
import { decodeBlock } from "../../src/coap/block.ts";
import { Code } from "../../src/coap/code.ts";
import { decodeMessage } from "../../src/coap/message.ts";
import { OptionNumber } from "../../src/coap/option.ts";
import { DEFAULT_TRANSMISSION_PARAMETERS } from "../../src/coap/parameters.ts";
import { type Backoff, firstBackoff, nextBackoff } from "../../src/coap/retransmission.ts";
import { nrfConnectRequest } from "./nrf-connect-request.ts";
import { SeededRandom } from "./seeded-random.ts";

const BLOCK_LENGTH = 1_024;

export interface NrfConnectTransferInput {
  /** Without its first slash. */
  readonly path: string;
  readonly seed: number;
  readonly send: (datagram: Uint8Array) => void;
  /** The first byte that is asked for, a multiple of 1024; 0 when absent. */
  readonly offset?: number;
  /** How many bytes from there on; all that are left when absent. */
  readonly length?: number;
}

/** Throws on whatever a real one gives up on. */
export class NrfConnectTransfer {
  readonly bytes: number[] = [];
  repetitions = 0;
  readonly #input: NrfConnectTransferInput;
  readonly #random: SeededRandom;
  #messageId: number;
  #backoff: Backoff | undefined;

  constructor(now: Instant, input: NrfConnectTransferInput) {
    this.#input = input;
    this.#random = new SeededRandom(input.seed);
    this.#messageId = (1_000 * input.seed) & 0xffff;
    this.#ask(now);
  }

  get isWhole(): boolean {
    return this.#backoff === undefined;
  }

  pollTimeout(): Instant | undefined {
    return this.#backoff?.deadline;
  }

  handleTimeout(now: Instant): void {
    if (this.#backoff === undefined || this.#backoff.deadline > now) return;
    this.#backoff = nextBackoff(now, this.#backoff, DEFAULT_TRANSMISSION_PARAMETERS);
    assert.ok(this.#backoff !== undefined, `block ${this.#num} was never answered`);
    this.repetitions++;
    this.#send();
  }

  handleDatagram(now: Instant, datagram: Uint8Array): void {
    const decoded = decodeMessage(datagram);
    assert.ok(decoded.ok);
    const { type, code, messageId, options, payload } = (decoded as Extract<typeof decoded, { ok: true }>).value;
    // An answer that comes twice is one to a request that is over.
    if (messageId !== this.#messageId) return;
    assert.equal([type, code], ["ACK", Code.CONTENT], "a transfer of nRF Connect SDK ends here");
    const { num, more } = decodeBlock(options.find(({ number }) => number === OptionNumber.BLOCK2)!.value);
    assert.is(num, this.#num);
    this.bytes.push(...payload);
    this.#backoff = undefined;
    this.#messageId = (this.#messageId + 1) & 0xffff;
    if (more && this.bytes.length < (this.#input.length ?? Number.POSITIVE_INFINITY)) this.#ask(now);
  }

  get #num(): number {
    return ((this.#input.offset ?? 0) + this.bytes.length) / BLOCK_LENGTH;
  }

  #ask(now: Instant): void {
    this.#backoff = firstBackoff(now, this.#random, DEFAULT_TRANSMISSION_PARAMETERS);
    this.#send();
  }

  #send(): void {
    this.#input.send(nrfConnectRequest(this.#input.path, this.#num, this.#messageId));
  }
}
