// Handshakes of many devices, each by the product's own DTLS client.

import { randomFillSync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { EMPTY } from "../../src/base/bytes.ts";
import { type Instant, instant } from "../../src/base/instant.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { Secret } from "../../src/base/secret.ts";
import { type CipherSuite, cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { DtlsClient } from "../../src/dtls/dtls-client.ts";
import { DTLS_PARAMETERS } from "../../src/dtls/parameters.ts";
import type { Session } from "../../src/dtls/session/session.ts";
import { systemCrypto } from "../../src/shell/system-crypto.ts";
import type { Crowd, CrowdListener } from "./crowd.ts";

/** What RFC 7925 asks of every device, and what all peers have. */
export const SUITE = cipherSuiteNamed("TLS_PSK_WITH_AES_128_CCM_8")!;

const TIMEOUT_LOOK_MS = 50;
/** A server that answers nothing in this time is not going to. */
const SILENCE_MS = 20_000;

export interface Credentials {
  readonly serverPort: number;
  identity(device: number): Uint8Array;
  readonly key: Uint8Array;
  /** Whether this device asks for a Connection ID in what it sends (RFC 9146); nobody does when absent. */
  usesConnectionId?(device: number): boolean;
  /** Hears of each datagram that devices send. */
  readonly tap?: (datagram: Uint8Array) => void;
}

export class Handshakes implements CrowdListener {
  /** Handshakes that ended well. */
  connected = 0;
  readonly #crowd: Crowd;
  readonly #credentials: Credentials;
  readonly #crypto = systemCrypto();
  readonly #suites: readonly CipherSuite[] = [SUITE];
  readonly #established: (device: number, session: Session, client: DtlsClient) => void;
  readonly #clients = new Map<number, DtlsClient>();
  readonly #look: NodeJS.Timeout;
  #failure: Error | undefined;

  /** `established` is told of each device that got its session. */
  constructor(
    crowd: Crowd,
    credentials: Credentials,
    established: (device: number, session: Session, client: DtlsClient) => void,
  ) {
    this.#crowd = crowd;
    this.#credentials = credentials;
    this.#established = established;
    crowd.listener = this;
    this.#look = setInterval(() => this.#handleTimeouts(), TIMEOUT_LOOK_MS);
  }

  /** How many are under way. */
  get size(): number {
    return this.#clients.size;
  }

  /** Sends a first hello; the crowd is to be flushed after. */
  begin(device: number): void {
    const { serverPort, identity, key, usesConnectionId, tap } = this.#credentials;
    const client = new DtlsClient(now(), {
      server: peerAddress("127.0.0.1", serverPort),
      identity: identity(device),
      key: new Secret(key.slice()),
      suites: this.#suites,
      ...(usesConnectionId?.(device) && { connectionId: EMPTY }),
      parameters: DTLS_PARAMETERS,
      crypto: this.#crypto,
      random: { fill: (target) => void randomFillSync(target) },
      outlet: {
        transmit: (datagram) => {
          tap?.(datagram);
          this.#crowd.send(device, datagram);
        },
        connected: (_now, session) => {
          this.#clients.delete(device);
          this.connected++;
          this.#established(device, session, client);
        },
        applicationData: () => {},
        ended: (_now, end) => {
          this.#clients.delete(device);
          this.#failure ??= new Error(`no handshake for device ${device}: ${end.kind}: ${end.detail}`);
        },
        counted: () => {},
      },
    });
    this.#clients.set(device, client);
  }

  datagram(device: number, bytes: Uint8Array, offset: number, length: number): void {
    this.#clients.get(device)?.handleDatagram(now(), bytes.slice(offset, offset + length));
  }

  /** Throws when a handshake failed. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  close(): void {
    clearInterval(this.#look);
    this.#clients.clear();
    if (this.#crowd.listener === this) this.#crowd.listener = undefined;
  }

  #handleTimeouts(): void {
    const at = now();
    for (const client of this.#clients.values()) {
      const due = client.pollTimeout();
      if (due !== undefined && due <= at) client.handleTimeout(at);
    }
    this.#crowd.flush();
  }
}

/** Handshakes of devices `first` to `first + count`, `window` at a time. Throws when one fails. */
export async function connectAll(
  crowd: Crowd,
  credentials: Credentials,
  { first, count, window }: { readonly first: number; readonly count: number; readonly window: number },
  established: (device: number, session: Session) => void,
): Promise<void> {
  const end = first + count;
  let next = first;
  const handshakes = new Handshakes(crowd, credentials, (device, session) => {
    established(device, session);
    if (next < end) handshakes.begin(next++);
  });
  try {
    while (next < Math.min(end, first + window)) handshakes.begin(next++);
    crowd.flush();
    for (let [seen, since] = [0, performance.now()]; handshakes.connected < count; ) {
      await sleep(2);
      handshakes.check();
      if (handshakes.connected > seen) [seen, since] = [handshakes.connected, performance.now()];
      if (performance.now() - since > SILENCE_MS) throw new Error(`${count - seen} devices got no session`);
    }
  } finally {
    handshakes.close();
  }
}

function now(): Instant {
  return instant(performance.now());
}
