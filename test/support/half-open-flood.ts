// One host that begins handshakes at a steady rate and ends none, from ever new ports of all addresses of its network.

import { createSocket, type Socket } from "node:dgram";
import { type RandomSource, randomBytes } from "../../src/base/random-source.ts";
import { cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { HANDSHAKES_PER_ADDRESS_MAX } from "../../src/dtls/parameters.ts";
import { COOKIE_AT, COOKIE_LENGTH, HANDSHAKE_TYPE_AT, HELLO_VERIFY_REQUEST, halfOpenHello } from "./half-open-hello.ts";

const NETWORK = "127.99";
const TICK_MS = 20;
/** Of a second that the process lost, what is made good. */
const ARREARS_MS = 500;
/** As many as the server allows one address and port. */
const HANDSHAKES_PER_SOCKET = HANDSHAKES_PER_ADDRESS_MAX;
/** After so long no cookie comes any more. */
const SOCKET_LIFETIME_MS = 2_000;
/** It costs the server half of a key agreement. */
const CIPHER_SUITE = cipherSuiteNamed("TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256")!.id;
/** The low byte of a record's number. */
const RECORD_NUMBER_AT = 10;

export interface HalfOpenFloodInput {
  /** Of the server, on 127.0.0.1. */
  readonly port: number;
  readonly perSecond: number;
  /** Of 127.99.0.0/16, one after the other: 1, 256 or 65,536 are a host, a /24 and a /16. */
  readonly addressCount: number;
  readonly random: RandomSource;
}

interface Stranger {
  readonly socket: Socket;
  readonly randoms: readonly Uint8Array[];
  readonly until: number;
}

export class HalfOpenFlood {
  readonly #input: HalfOpenFloodInput;
  /** In the order in which they came. */
  readonly #strangers = new Set<Stranger>();
  readonly #ticks = setInterval(() => this.#tick(), TICK_MS);
  readonly #since = performance.now();
  #countedAt = this.#since;
  #due = 0;
  #strangerCount = 0;
  #helloCount = 0;
  #begunCount = 0;

  constructor(input: HalfOpenFloodInput) {
    this.#input = input;
  }

  /** First hellos sent. */
  get helloCount(): number {
    return this.#helloCount;
  }

  /** Handshakes for which the server has been shown the cookie. */
  get begunCount(): number {
    return this.#begunCount;
  }

  get seconds(): number {
    return (performance.now() - this.#since) / 1_000;
  }

  end(): void {
    clearInterval(this.#ticks);
    for (const stranger of this.#strangers) this.#vanish(stranger);
  }

  #tick(): void {
    const now = performance.now();
    this.#due += (Math.min(ARREARS_MS, now - this.#countedAt) * this.#input.perSecond) / 1_000;
    this.#countedAt = now;
    for (const stranger of this.#strangers) {
      if (stranger.until > now) break;
      this.#vanish(stranger);
    }
    for (; this.#due >= HANDSHAKES_PER_SOCKET; this.#due -= HANDSHAKES_PER_SOCKET) this.#comeAnew(now);
  }

  #comeAnew(now: number): void {
    const { addressCount, random } = this.#input;
    const number = this.#strangerCount++ % addressCount;
    const socket = createSocket({ type: "udp4", lookup: (host, _options, done) => done(null, host, 4) });
    const randoms = Array.from({ length: HANDSHAKES_PER_SOCKET }, () => randomBytes(random, 32));
    const stranger = { socket, randoms, until: now + SOCKET_LIFETIME_MS };
    this.#strangers.add(stranger);
    socket.on("message", (answer) => this.#handleAnswer(stranger, answer));
    // A port that is taken, or a server that is gone: one stranger fewer.
    socket.on("error", () => this.#vanish(stranger));
    socket.bind(0, `${NETWORK}.${number >> 8}.${number & 0xff}`, () => {
      for (const [i, clientRandom] of randoms.entries()) {
        this.#send(socket, halfOpenHello({ random: clientRandom, recordNumber: i, cipherSuite: CIPHER_SUITE }));
        this.#helloCount++;
      }
    });
  }

  #handleAnswer({ socket, randoms }: Stranger, answer: Uint8Array): void {
    const i = answer[RECORD_NUMBER_AT]!;
    if (answer[HANDSHAKE_TYPE_AT] !== HELLO_VERIFY_REQUEST || randoms[i] === undefined) return;
    const cookie = answer.subarray(COOKIE_AT, COOKIE_AT + COOKIE_LENGTH);
    const again = { random: randoms[i], cookie, recordNumber: HANDSHAKES_PER_SOCKET + i, cipherSuite: CIPHER_SUITE };
    this.#send(socket, halfOpenHello(again));
    this.#begunCount++;
  }

  #vanish(stranger: Stranger): void {
    if (this.#strangers.delete(stranger)) stranger.socket.close();
  }

  #send(socket: Socket, datagram: Uint8Array): void {
    socket.send(datagram, this.#input.port, "127.0.0.1");
  }
}
