// A DTLS server alone, with everything that it says written down. Tests put datagrams in and look at what comes out; time
// moves only when they say so.

import { equal, toUtf8 } from "../../src/base/bytes.ts";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import type { PeerAddress } from "../../src/base/peer-address.ts";
import type { RandomSource } from "../../src/base/random-source.ts";
import { Secret } from "../../src/base/secret.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import { CIPHER_SUITES, type CipherSuite } from "../../src/dtls/cipher-suite.ts";
import { DtlsServer } from "../../src/dtls/dtls-server.ts";
import type { DtlsCount, SessionEnd } from "../../src/dtls/dtls-server-outlet.ts";
import type { HandshakeError } from "../../src/dtls/errors.ts";
import { DTLS_PARAMETERS, type DtlsParameters } from "../../src/dtls/parameters.ts";
import type { Session } from "../../src/dtls/session/session.ts";
import { CRYPTO } from "./crypto.ts";
import { SeededRandom } from "./seeded-random.ts";

export const IDENTITY = toUtf8("device-1");
export const KEY = new Secret(toUtf8("secretPSK"));

export interface Sent {
  readonly to: PeerAddress;
  readonly datagram: Uint8Array;
}

export interface ObservedServerInput {
  readonly seed?: number;
  /** In place of the seed's. */
  readonly random?: RandomSource;
  readonly crypto?: CryptoProvider;
  readonly cipherSuites?: readonly CipherSuite[];
  readonly parameters?: Partial<DtlsParameters>;
  readonly connectionIdPrefix?: Uint8Array;
  /** Whether many devices have each key. */
  readonly sharedKeys?: boolean;
  /** The answer to a question for a key; "later" leaves it open. */
  readonly psk?: (identity: Uint8Array) => Secret | undefined | "later";
}

export class ObservedServer {
  now: Instant = instant(1_000_000);
  readonly dtls: DtlsServer;
  /** Every datagram, in order; a test may empty it. */
  readonly sent: Sent[] = [];
  readonly sessions: Session[] = [];
  readonly downs: SessionEnd[] = [];
  readonly failures: HandshakeError[] = [];
  readonly keyRefusals: ("keyDiffers" | "identityUnknown")[] = [];
  readonly pskQuestions: Uint8Array[] = [];
  readonly received: { readonly session: Session; readonly data: Uint8Array }[] = [];
  readonly #counts = new Map<DtlsCount, number>();

  constructor(input: ObservedServerInput = {}) {
    const answer = input.psk ?? ((identity) => (equal(identity, IDENTITY) ? KEY : undefined));
    this.dtls = new DtlsServer({
      crypto: input.crypto ?? CRYPTO,
      now: this.now,
      random: input.random ?? new SeededRandom(input.seed ?? 1),
      parameters: { ...DTLS_PARAMETERS, ...input.parameters },
      cipherSuites: input.cipherSuites ?? CIPHER_SUITES,
      connectionIdPrefix: input.connectionIdPrefix,
      outlet: {
        transmit: (to, datagram) => this.sent.push({ to, datagram }),
        applicationData: (_now, session, data) => this.received.push({ session, data: Uint8Array.from(data) }),
        pskWanted: (now, identity) => {
          this.pskQuestions.push(identity);
          const key = answer(identity);
          if (key !== "later") this.dtls.handlePsk(now, identity, key, input.sharedKeys);
        },
        sessionUp: (_now, session) => this.sessions.push(session),
        sessionDown: (_now, _session, end) => this.downs.push(end),
        handshakeFailed: (_now, _peer, error) => this.failures.push(error),
        keyRefused: (_now, _peer, _identity, known) => this.keyRefusals.push(known ? "keyDiffers" : "identityUnknown"),
        counted: (name) => this.#counts.set(name, this.counted(name) + 1),
      },
    });
  }

  /** See DtlsServer. */
  get tables(): Readonly<Record<string, number>> {
    return this.dtls.tables(this.now);
  }

  counted(name: DtlsCount): number {
    return this.#counts.get(name) ?? 0;
  }

  /** The datagram's buffer is overwritten afterwards, as a shell that receives many would do. */
  receive(from: PeerAddress, datagram: Uint8Array): void {
    const lent = Uint8Array.from(datagram);
    this.dtls.handleDatagram(this.now, from, lent);
    lent.fill(0);
  }

  /** Application data of ours to a session. */
  send(session: Session, data: Uint8Array): void {
    this.sent.push({ to: session.peer, datagram: Uint8Array.from(this.dtls.seal(session, data)!) });
  }

  /** Lets `ms` pass, stopping at each deadline on the way. */
  elapse(ms: number): void {
    const end = addMs(this.now, ms);
    for (let due = this.dtls.pollTimeout(); due !== undefined && due <= end; due = this.dtls.pollTimeout()) {
      this.now = due;
      this.dtls.handleTimeout(due);
    }
    this.now = end;
  }
}
