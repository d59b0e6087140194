// One device of a load: an association of its own on a socket of its own, which asks for the next block as soon as it has
// the last one. Lean on purpose: it stands on the other core and must not be slower than the server that it measures.

import { randomFillSync } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { EMPTY } from "../src/base/bytes.ts";
import { type Instant, instant } from "../src/base/instant.ts";
import { peerAddress } from "../src/base/peer-address.ts";
import { Secret } from "../src/base/secret.ts";
import { blockOption, szxOf } from "../src/coap/block.ts";
import { Code } from "../src/coap/code.ts";
import { decodeMessage, encodeMessage } from "../src/coap/message.ts";
import { OptionNumber, stringOption } from "../src/coap/option.ts";
import type { CipherSuite } from "../src/dtls/cipher-suite.ts";
import { DtlsClient } from "../src/dtls/dtls-client.ts";
import { DTLS_PARAMETERS } from "../src/dtls/parameters.ts";
import type { Target } from "./target.ts";

/** A datagram lost on a full buffer would stop a client for good; it asks again after this time. */
const STALL_MS = 1_000;

export class LoadClient {
  /** Blocks received. */
  blocks = 0;
  readonly #socket: Socket;
  readonly #target: Target;
  readonly #port: number;
  readonly #pathOptions;
  readonly #szx: number;
  readonly #body: Uint8Array;
  #dtls: DtlsClient | undefined;
  #messageId: number;
  #num = 0;
  #running = false;
  #askedAt = 0;

  /** `number` tells the clients of a load apart; each begins at another block. `body` is what the server must answer. */
  constructor(target: Target, port: number, number: number, blockSize: number, body: Uint8Array) {
    this.#target = target;
    this.#port = port;
    this.#pathOptions = target.path.map((segment) => stringOption(OptionNumber.URI_PATH, segment));
    this.#szx = szxOf(blockSize);
    this.#body = body;
    this.#num = (number * 7) % this.#blockCount;
    this.#messageId = (number * 977) & 0xffff;
    this.#socket = createSocket("udp4");
  }

  get #blockCount(): number {
    return Math.ceil(this.#body.length / (16 << this.#szx));
  }

  /** Connects the socket, and does the handshake where `suite` is given. */
  async connect(suite: CipherSuite | undefined): Promise<void> {
    this.#socket.connect(this.#port, "127.0.0.1");
    await once(this.#socket, "connect");
    if (suite === undefined) {
      this.#socket.on("message", (datagram) => this.#handleMessage(datagram));
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const dtls = new DtlsClient(nowInstant(), {
        server: peerAddress("127.0.0.1", this.#port),
        identity: this.#target.identity,
        key: new Secret(this.#target.key),
        suites: [suite],
        parameters: DTLS_PARAMETERS,
        random: { fill: (target) => void randomFillSync(target) },
        outlet: {
          transmit: (datagram) => this.#socket.send(datagram),
          connected: () => resolve(),
          applicationData: (_now, data) => this.#handleMessage(data),
          ended: (_now, end) => reject(new Error(`${this.#target.name}: ${end.kind}: ${end.detail}`)),
          counted: () => {},
        },
      });
      this.#dtls = dtls;
      this.#socket.on("message", (datagram) => dtls.handleDatagram(nowInstant(), datagram));
    });
  }

  start(): void {
    this.#running = true;
    this.#ask();
  }

  /** To be called now and then: asks again where an answer got lost. */
  unstall(): void {
    if (this.#running && performance.now() - this.#askedAt > STALL_MS) this.#ask();
  }

  close(): void {
    this.#running = false;
    this.#dtls?.close();
    this.#socket.close();
  }

  #ask(): void {
    this.#askedAt = performance.now();
    this.#messageId = (this.#messageId + 1) & 0xffff;
    const block = { num: this.#num, more: false, szx: this.#szx };
    const datagram = encodeMessage({
      type: "CON",
      code: Code.GET,
      messageId: this.#messageId,
      token: Uint8Array.of(this.#messageId >> 8, this.#messageId & 255),
      options: [...this.#pathOptions, blockOption(OptionNumber.BLOCK2, block)],
      payload: EMPTY,
    });
    if (this.#dtls === undefined) this.#socket.send(datagram);
    else this.#dtls.send(datagram);
  }

  /** Compares every answer: a wrong byte is no block. */
  #handleMessage(datagram: Uint8Array): void {
    if (!this.#running) return;
    const decoded = decodeMessage(datagram);
    if (!decoded.ok || decoded.value.messageId !== this.#messageId) return;
    const { code, payload } = decoded.value;
    const offset = this.#num * (16 << this.#szx);
    const expected = this.#body.subarray(offset, offset + (16 << this.#szx));
    if (code !== Code.CONTENT || Buffer.compare(payload, expected) !== 0) {
      throw new Error(`${this.#target.name} answered block ${this.#num} with other bytes`);
    }
    this.blocks++;
    this.#num = (this.#num + 1) % this.#blockCount;
    this.#ask();
  }
}

function nowInstant(): Instant {
  return instant(performance.now());
}
