// A FirmwareServer and peers that speak to it line by line, as in coap-line.ts: on plain CoAP, or each on a DTLS session
// of its own. Every datagram arrives at once, and time moves only when a test says so.

import * as assert from "uvu/assert";
import { copyOf, toHex, toUtf8 } from "../../src/base/bytes.ts";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import { type PeerAddress, peerAddress } from "../../src/base/peer-address.ts";
import { Secret } from "../../src/base/secret.ts";
import type { Scheme } from "../../src/coap/coap-uri.ts";
import { decodeMessage, encodeMessage, type Message } from "../../src/coap/message.ts";
import { cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { type ClientEnd, DtlsClient, type DtlsClientInput } from "../../src/dtls/dtls-client.ts";
import { DTLS_PARAMETERS } from "../../src/dtls/parameters.ts";
import type { ContentQuestion } from "../../src/firmware/catalogue.ts";
import { FirmwareServer, type FirmwareServerInput } from "../../src/server/firmware-server.ts";
import type { ServerEvent } from "../../src/server/server-event.ts";
import type { CheckInDecision, CheckInQuestion } from "../../src/server/ticket-resource.ts";
import { lineFromMessage, messageFromLine } from "./coap-line.ts";
import { CRYPTO } from "./crypto.ts";
import { MemoryCatalogue } from "./memory-catalogue.ts";
import { SeededRandom } from "./seeded-random.ts";

export const IDENTITY = toUtf8("device-1");
export const KEY = new Secret(toUtf8("a key of 16 byte"));
export const SERVER_ADDRESS = peerAddress("192.0.2.99", 5684);
export const PSK_CCM_8 = cipherSuiteNamed("TLS_PSK_WITH_AES_128_CCM_8")!;

const SESSION_COUNT_MAX = 100;

/** Any address that a test needs, one for each number. */
export function addressNumbered(number: number): PeerAddress {
  return peerAddress(`198.51.${number >> 8}.${number & 255}`, 40_000);
}

export type SceneInput = Partial<Omit<FirmwareServerInput, "now" | "random" | "catalogue">>;
export type SessionInput = Partial<Omit<DtlsClientInput, "outlet" | "parameters">>;

export class FirmwareScene {
  now: Instant = instant(1_000_000);
  readonly catalogue = new MemoryCatalogue();
  server: FirmwareServer;
  /** All but the questions for keys. */
  readonly events: ServerEvent[] = [];
  readonly pskQuestions: Uint8Array[] = [];
  readonly contentQuestions: ContentQuestion[] = [];
  /** What the owner answers to a question for a key; "later" leaves it open. */
  psk: (identity: Uint8Array) => Secret | undefined | "later" = (identity) =>
    toHex(identity) === toHex(IDENTITY) ? KEY : undefined;
  /** What the owner answers to a check-in at once; left open when absent. */
  decides: ((question: CheckInQuestion) => CheckInDecision | "unavailable") | undefined;
  readonly #receivers = new Map<string, (datagram: Uint8Array) => void>();
  readonly #input: SceneInput;

  constructor(input: SceneInput = {}) {
    this.#input = input;
    this.server = this.#createServer(1);
  }

  /** Another process takes the server's place, and takes up the sessions that this one had saved. */
  restartServer(): void {
    const changes = this.server.saving.take(SESSION_COUNT_MAX, this.now);
    const stored = changes?.snapshots.map(({ number, bytes }) => ({ number, bytes: copyOf(bytes) })) ?? [];
    this.server = this.#createServer(2);
    for (const { number, bytes } of stored) assert.ok(this.server.restore(this.now, number, bytes, 0, () => true));
  }

  #createServer(seed: number): FirmwareServer {
    return new FirmwareServer({
      crypto: CRYPTO,
      now: this.now,
      random: new SeededRandom(seed),
      catalogue: this.catalogue,
      ...this.#input,
    });
  }

  /** Whatever the server sends to `address` by `scheme` from now on goes to `receive`. */
  listen(scheme: Scheme, address: PeerAddress, receive: (datagram: Uint8Array) => void): void {
    this.#receivers.set(scheme + address, receive);
  }

  /** One datagram to the server, and all that follows from it. */
  send(scheme: Scheme, from: PeerAddress, datagram: Uint8Array): void {
    // The shell's buffer is used again: what the server keeps must not depend on it.
    const buffer = new Uint8Array(datagram);
    this.server.handleDatagram(this.now, scheme, from, buffer);
    buffer.fill(0xee);
    this.drive();
  }

  drive(): void {
    for (let next = this.server.pollTransmit(); next !== undefined; next = this.server.pollTransmit()) {
      this.#receivers.get(next.scheme + next.to)?.(new Uint8Array(next.datagram));
    }
    for (let event = this.server.pollEvent(); event !== undefined; event = this.server.pollEvent()) {
      this.#handleEvent(event);
    }
  }

  waits(ms: number): void {
    this.now = addMs(this.now, ms);
    this.server.handleTimeout(this.now);
    this.drive();
  }

  /** A peer on plain CoAP. */
  plainPeer(address: PeerAddress = addressNumbered(1)): ScenePeer {
    const peer = new ScenePeer((datagram) => this.send("coap", address, datagram));
    this.listen("coap", address, (datagram) => peer.handleDatagram(datagram));
    return peer;
  }

  /** A peer on DTLS; connected at once where keys allow it. */
  sessionPeer(address: PeerAddress = addressNumbered(1), input: SessionInput = {}): SecurePeer {
    return new SecurePeer(this, address, input);
  }

  counted(name: string): number {
    return this.server.counters.snapshot()[name] ?? 0;
  }

  /** Fetches what the server asked for, the first question of all that are open. */
  fetches(): void {
    const question = this.contentQuestions.shift();
    assert.ok(question, "the server asked for nothing");
    this.catalogue.fetch(question!);
    this.server.handleContent(this.now, question!);
    this.drive();
  }

  #handleEvent(event: ServerEvent): void {
    if (event.kind === "checkInReceived" && this.decides !== undefined) {
      this.server.handleCheckIn(this.now, event.question, this.decides(event.question));
      this.drive();
      return;
    }
    if (event.kind === "contentWanted") {
      this.contentQuestions.push(event.question);
      return;
    }
    if (event.kind !== "pskWanted") {
      this.events.push(event);
      return;
    }
    this.pskQuestions.push(event.identity);
    const key = this.psk(event.identity);
    if (key === "later") return;
    // Most scenes have many peers and one identity.
    this.server.handlePsk(this.now, event.identity, key, true);
    this.drive();
  }
}

export class ScenePeer {
  readonly received: Uint8Array[] = [];
  readonly #send: (datagram: Uint8Array) => void;

  constructor(send: (datagram: Uint8Array) => void) {
    this.#send = send;
  }

  handleDatagram(datagram: Uint8Array): void {
    this.received.push(datagram);
  }

  /** Sends one message; what comes back is in `received`. */
  says(message: Message): void {
    this.saysBytes(encodeMessage(message));
  }

  /** The same with bytes that need be no message. */
  saysBytes(bytes: Uint8Array): void {
    this.#send(bytes);
  }

  /** Sends one message and gives back the only one that answers it, as a line. */
  asks(line: string): string {
    return lineFromMessage(this.asksMessage(messageFromLine(line, 0)));
  }

  asksMessage(message: Message): Message {
    this.received.length = 0;
    this.says(message);
    assert.is(this.received.length, 1, "one message must be answered by one");
    const decoded = decodeMessage(this.received[0]!);
    assert.ok(decoded.ok, "the server sent a broken message");
    return (decoded as { value: Message }).value;
  }
}

export class SecurePeer extends ScenePeer {
  readonly client: DtlsClient;
  end: ClientEnd | undefined;
  /** The length of every datagram that the server sent, handshake included. */
  readonly datagramLengths: number[] = [];

  constructor(scene: FirmwareScene, address: PeerAddress, input: SessionInput) {
    super((message) => {
      const datagram = this.client.seal(message);
      if (datagram !== undefined) scene.send("coaps", address, datagram);
    });
    const early: Uint8Array[] = [];
    let transmit = (datagram: Uint8Array): void => void early.push(datagram);
    scene.listen("coaps", address, (datagram) => {
      this.datagramLengths.push(datagram.length);
      this.client.handleDatagram(scene.now, datagram);
    });
    this.client = new DtlsClient(scene.now, {
      crypto: CRYPTO,
      server: SERVER_ADDRESS,
      identity: IDENTITY,
      key: KEY,
      suites: [PSK_CCM_8],
      random: new SeededRandom(address.charCodeAt(1) + 1_000),
      ...input,
      parameters: DTLS_PARAMETERS,
      outlet: {
        transmit: (datagram) => transmit(datagram),
        connected: () => {},
        applicationData: (_now, data) => this.handleDatagram(new Uint8Array(data)),
        ended: (_now, end) => {
          this.end = end;
        },
        counted: () => {},
      },
    });
    // The first hello leaves while the client is being made, and its answer needs the client.
    transmit = (datagram) => scene.send("coaps", address, datagram);
    for (const datagram of early) transmit(datagram);
  }
}
