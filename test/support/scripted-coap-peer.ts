// A peer of a CoapServer that follows a script: each sends() and receives() is one message, written as in coap-line.ts.

import * as assert from "uvu/assert";
import { copyOf, fromHex, toHex } from "../../src/base/bytes.ts";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import type { RandomSource } from "../../src/base/random-source.ts";
import type { AnswerRateLimits } from "../../src/coap/answer-rates.ts";
import { type Body, BytesBody, ContentFormat } from "../../src/coap/body.ts";
import { CoapServer } from "../../src/coap/coap-server.ts";
import type { CoapServerCount } from "../../src/coap/coap-server-options.ts";
import type { EchoPolicy } from "../../src/coap/echo.ts";
import { decodeMessage, encodeMessage, type Message } from "../../src/coap/message.ts";
import type { CoapServerLimits } from "../../src/coap/parameters.ts";
import type { Question } from "../../src/coap/question.ts";
import type { Request, RequestHandler } from "../../src/coap/request.ts";
import type { PlainResponse, Response } from "../../src/coap/response.ts";
import { countingBytes, lineFromMessage, messageFromLine } from "./coap-line.ts";

export interface PeerOptions {
  readonly handle?: (request: Request<string>) => Response | Question | undefined;
  readonly admit?: (request: Request<string>) => PlainResponse | number;
  readonly observed?: (request: Request<string>) => string | undefined;
  readonly blockSize?: number;
  readonly rates?: AnswerRateLimits;
  readonly echo?: EchoPolicy<string>;
  readonly limits?: Partial<CoapServerLimits>;
}

/** Every byte 0: each back-off is ACK_TIMEOUT exactly, each first Message ID 0. */
export const ZERO_RANDOM: RandomSource = { fill: (target) => void target.fill(0) };

/** 150 counting bytes under the ETag 0102: blocks of 64, 64 and 22. */
export const IMAGE = new BytesBody(ContentFormat.OCTET_STREAM, countingBytes(150), Uint8Array.of(1, 2));

export class ScriptedCoapPeer {
  readonly server: CoapServer<string>;
  /** Every request that reached the handler, oldest first. */
  readonly handled: Request<string>[] = [];
  readonly counted: CoapServerCount[] = [];
  readonly served: { readonly body: Body; readonly offset: number; readonly length: number }[] = [];
  readonly asked: string[] = [];
  resentCount = 0;
  now: Instant = instant(0);
  messageLengthMax = 1_200;
  association = "peer";
  lastReceived: Message | undefined;
  readonly #inbox: Uint8Array[] = [];

  constructor(options: PeerOptions = {}) {
    const { handle = () => ({ body: IMAGE }), admit = () => 1_024, observed, ...others } = options;
    const handler: RequestHandler<string> = {
      admit,
      ...(observed && { observed }),
      handle: (_now, request) => {
        this.handled.push(request);
        return handle(request);
      },
    };
    this.server = new CoapServer({
      ...others,
      handler,
      random: ZERO_RANDOM,
      outlet: {
        transmit: (_now, _association, datagram) => void this.#inbox.push(copyOf(datagram)),
        blockServed: (_now, _association, body, offset, length) => void this.served.push({ body, offset, length }),
        answerResent: () => void this.resentCount++,
        asked: (_now, { question }) => void this.asked.push(question),
        counted: (name) => void this.counted.push(name),
      },
    });
  }

  /** The Message ID `*` is that of the message received last. */
  sends(line: string): void {
    this.sendsBytes(encodeMessage(messageFromLine(line, this.lastReceived?.messageId ?? 0)));
  }

  /** Hex with spaces. */
  sendsHex(hex: string): void {
    this.sendsBytes(fromHex(hex)!);
  }

  sendsBytes(datagram: Uint8Array): void {
    // The shell's buffer is used again: what the server keeps must not depend on it.
    const buffer = new Uint8Array(datagram);
    this.server.handleDatagram(this.now, this.association, buffer, this.messageLengthMax);
    buffer.fill(0xee);
  }

  receives(line: string): void {
    assert.is(lineFromMessage(this.receivesMessage()), line);
  }

  receivesHex(hex: string): void {
    assert.is(toHex(this.#inbox.shift() ?? new Uint8Array(0)), hex.replaceAll(" ", ""));
  }

  receivesMessage(): Message {
    const datagram = this.#inbox.shift();
    assert.ok(datagram !== undefined, "the server sent nothing");
    const decoded = decodeMessage(datagram!);
    assert.ok(decoded.ok, "the server sent a broken message");
    this.lastReceived = (decoded as { value: Message }).value;
    return this.lastReceived;
  }

  /** How long the next datagram is. */
  receivesLength(): number {
    return this.#inbox.shift()!.length;
  }

  /** All that has come, oldest first. */
  takesAll(): Message[] {
    const messages: Message[] = [];
    while (this.#inbox.length > 0) messages.push(this.receivesMessage());
    return messages;
  }

  receivesNothing(): void {
    assert.equal(this.#inbox.splice(0).map(toHex), []);
  }

  waits(ms: number): void {
    this.now = addMs(this.now, ms);
    this.server.handleTimeout(this.now);
  }
}
