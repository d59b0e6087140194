// A DTLS client and a DTLS server joined by a wire in memory. The wire's script says what becomes of each datagram;
// time moves only when nothing is in flight, to the next deadline of either side.

import { EMPTY } from "../../src/base/bytes.ts";
import { addMs, earliest, type Instant, instant } from "../../src/base/instant.ts";
import { type PeerAddress, peerAddress } from "../../src/base/peer-address.ts";
import type { Secret } from "../../src/base/secret.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import { type CipherSuite, DEFAULT_CIPHER_SUITES } from "../../src/dtls/cipher-suite.ts";
import { type ClientEnd, DtlsClient } from "../../src/dtls/dtls-client.ts";
import { DtlsServer } from "../../src/dtls/dtls-server.ts";
import type { DtlsCount, SessionEnd } from "../../src/dtls/dtls-server-outlet.ts";
import type { HandshakeError } from "../../src/dtls/errors.ts";
import { DTLS_PARAMETERS, type DtlsParameters } from "../../src/dtls/parameters.ts";
import type { Session } from "../../src/dtls/session/session.ts";
import type { NumberedSnapshot } from "../../src/dtls/session/session-saving.ts";
import { decodeSessionSnapshot } from "../../src/dtls/session/session-snapshot.ts";
import { CRYPTO } from "./crypto.ts";
import { IDENTITY, KEY } from "./observed-server.ts";
import { SeededRandom } from "./seeded-random.ts";

export const CLIENT_ADDRESS = peerAddress("192.0.2.1", 40_000);
export const SERVER_ADDRESS = peerAddress("192.0.2.99", 5684);
const LATENCY_MS = 50;
const LATE_MS = 200;

/** A late datagram arrives behind the one that was sent next. */
export type Fate = "deliver" | "drop" | "duplicate" | "late";

/** `number` counts the datagrams of both directions from 1. */
export type Wire = (datagram: Uint8Array, number: number, direction: "up" | "down") => Fate;

export interface PairInput {
  /** For both ends; the one that this process has when absent. */
  readonly crypto?: CryptoProvider;
  readonly seed?: number;
  readonly wire?: Wire;
  readonly clientSuites?: readonly CipherSuite[];
  readonly serverSuites?: readonly CipherSuite[];
  readonly clientKey?: Secret;
  readonly identity?: Uint8Array;
  readonly connectionId?: Uint8Array;
  readonly maxFragmentLength?: number;
  readonly recordSizeLimit?: number;
  readonly parameters?: Partial<DtlsParameters>;
  /** What the server's owner answers to a question for a key; "later" leaves it open. */
  readonly psk?: (identity: Uint8Array) => Secret | undefined | "later";
}

interface InFlight {
  readonly at: Instant;
  readonly direction: "up" | "down";
  readonly datagram: Uint8Array;
}

export class DtlsPair {
  now: Instant = instant(1_000_000);
  server: DtlsServer;
  readonly client: DtlsClient;
  clientAddress: PeerAddress = CLIENT_ADDRESS;
  readonly counts = new Map<string, number>();
  readonly serverReceived: Uint8Array[] = [];
  readonly clientReceived: Uint8Array[] = [];
  readonly sessions: Session[] = [];
  readonly downs: SessionEnd[] = [];
  readonly failures: HandshakeError[] = [];
  readonly keyRefusals: ("keyDiffers" | "identityUnknown")[] = [];
  readonly pskQuestions: Uint8Array[] = [];
  readonly datagrams: { readonly direction: "up" | "down"; readonly bytes: Uint8Array }[] = [];
  clientSession: Session | undefined;
  clientEnd: ClientEnd | undefined;
  #inFlight: InFlight[] = [];
  readonly #input: PairInput;
  readonly #wire: Wire;

  constructor(input: PairInput = {}) {
    this.#wire = input.wire ?? (() => "deliver");
    const parameters = { ...DTLS_PARAMETERS, ...input.parameters };
    this.#input = input;
    this.server = this.#createServer(new SeededRandom(input.seed ?? 1));
    this.client = new DtlsClient(this.now, {
      crypto: input.crypto ?? CRYPTO,
      server: SERVER_ADDRESS,
      identity: input.identity ?? IDENTITY,
      key: input.clientKey ?? KEY,
      suites: input.clientSuites ?? DEFAULT_CIPHER_SUITES,
      ...(input.connectionId && { connectionId: input.connectionId }),
      ...(input.maxFragmentLength && { maxFragmentLength: input.maxFragmentLength }),
      ...(input.recordSizeLimit && { recordSizeLimit: input.recordSizeLimit }),
      parameters,
      random: new SeededRandom((input.seed ?? 1) + 1_000),
      outlet: {
        transmit: (datagram) => this.#launch("up", datagram),
        connected: (_now, session) => {
          this.clientSession = session;
        },
        applicationData: (_now, data) => this.clientReceived.push(Uint8Array.from(data)),
        ended: (_now, end) => {
          this.clientEnd = end;
        },
        counted: (name) => this.#count(`client ${name}`),
      },
    });
  }

  /** Another process takes the server's place, and takes up what was stored. */
  restartServer(stored: readonly NumberedSnapshot[], skipped = 0): boolean[] {
    this.server = this.#createServer(new SeededRandom((this.#input.seed ?? 1) + 500));
    return stored.map(({ number, bytes }) => {
      return this.server.restore(this.now, number, decodeSessionSnapshot(bytes)!, skipped);
    });
  }

  #createServer(random: SeededRandom): DtlsServer {
    const input = this.#input;
    const parameters = { ...DTLS_PARAMETERS, ...input.parameters };
    const answer = input.psk ?? ((identity) => (Buffer.compare(identity, IDENTITY) === 0 ? KEY : undefined));
    return new DtlsServer({
      crypto: input.crypto ?? CRYPTO,
      now: this.now,
      random,
      parameters,
      cipherSuites: input.serverSuites ?? DEFAULT_CIPHER_SUITES,
      outlet: {
        transmit: (_to, datagram) => this.#launch("down", datagram),
        applicationData: (_now, _session, data) => this.serverReceived.push(Uint8Array.from(data)),
        pskWanted: (now, identity) => {
          this.pskQuestions.push(identity);
          const key = answer(identity);
          if (key !== "later") this.server.handlePsk(now, identity, key);
        },
        sessionUp: (_now, session) => this.sessions.push(session),
        sessionDown: (_now, _session, end) => this.downs.push(end),
        handshakeFailed: (_now, _peer, error) => this.failures.push(error),
        keyRefused: (_now, _peer, _identity, known) => this.keyRefusals.push(known ? "keyDiffers" : "identityUnknown"),
        counted: (name) => this.#count(name),
      },
    });
  }

  /** Runs until nothing is in flight and no deadline comes within `ms`. */
  run(ms = 300_000): this {
    const end = addMs(this.now, ms);
    while (this.step(end));
    return this;
  }

  /** One arrival, or else one deadline; false when there is neither until `end`. */
  step(end: Instant): boolean {
    const arrival = this.#inFlight[0];
    if (arrival !== undefined) {
      this.#inFlight.shift();
      if (arrival.at > this.now) this.now = arrival.at;
      this.deliver(arrival.direction, arrival.datagram);
      return true;
    }
    const deadline = earliest(this.server.pollTimeout(), this.client.pollTimeout());
    if (deadline === undefined || deadline > end) return false;
    this.now = deadline;
    this.server.handleTimeout(this.now);
    this.client.handleTimeout(this.now);
    return true;
  }

  /** The datagram's buffer is overwritten afterwards, as a shell that receives many would do. */
  deliver(direction: "up" | "down", datagram: Uint8Array): void {
    const lent = Uint8Array.from(datagram);
    if (direction === "up") this.server.handleDatagram(this.now, this.clientAddress, lent);
    else this.client.handleDatagram(this.now, lent);
    lent.fill(0);
  }

  /** How often a discard or another thing was counted; the client's with "client " before the name. */
  counted(name: DtlsCount | `client ${DtlsCount}`): number {
    return this.counts.get(name) ?? 0;
  }

  #count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** Application data of the client's; nothing goes out while it has no association. */
  sendUp(data: Uint8Array): void {
    const datagram = this.client.seal(data);
    if (datagram !== undefined) this.#launch("up", datagram);
  }

  /** Application data of the server's. */
  sendDown(session: Session, data: Uint8Array): void {
    this.#launch("down", Uint8Array.from(this.server.seal(session, data)!));
  }

  #launch(direction: "up" | "down", datagram: Uint8Array): void {
    this.datagrams.push({ direction, bytes: datagram });
    const fate = this.#wire(datagram, this.datagrams.length, direction);
    const arrival = { at: addMs(this.now, fate === "late" ? LATE_MS : LATENCY_MS), direction, datagram };
    if (fate !== "drop") this.#fly(arrival);
    if (fate === "duplicate") this.#fly(arrival);
  }

  /** Keeps what is in flight in the order of arrival; at the same moment, in the order of sending. */
  #fly(arrival: InFlight): void {
    const behind = this.#inFlight.findIndex(({ at }) => at > arrival.at);
    this.#inFlight.splice(behind < 0 ? this.#inFlight.length : behind, 0, arrival);
  }
}

/** Sends nothing, asks for nothing: RFC 9146's zero-length Connection ID. */
export const SEND_ONLY_CONNECTION_ID = EMPTY;
