// Our DtlsClient on a UDP socket, for application data of any kind.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { toUtf8 } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { Secret } from "../../src/base/secret.ts";
import type { CipherSuite } from "../../src/dtls/cipher-suite.ts";
import { DtlsClient } from "../../src/dtls/dtls-client.ts";
import { DTLS_PARAMETERS } from "../../src/dtls/parameters.ts";
import { DeadlineTimer } from "../../src/shell/deadline-timer.ts";
import { systemNow } from "../../src/shell/system-clock.ts";
import { SystemRandom } from "../../src/shell/system-random.ts";
import { CRYPTO } from "./crypto.ts";

const HOST = "127.0.0.1";
const CONNECT_LIMIT_MS = 30_000;

export interface DtlsClientSocketInput {
  readonly port: number;
  readonly identity: string;
  readonly key: string;
  readonly suite: CipherSuite;
}

export class DtlsClientSocket {
  readonly #socket: Socket;
  readonly #client: DtlsClient;
  readonly #timer = new DeadlineTimer(() => {
    this.#client.handleTimeout(systemNow());
    this.#arm();
  });
  readonly #received: Buffer[] = [];
  #wake: (() => void) | undefined;

  /** Resolves when the handshake is through; rejects with the client's reason when it failed. */
  static async connect(input: DtlsClientSocketInput): Promise<DtlsClientSocket> {
    const socket = createSocket("udp4");
    socket.connect(input.port, HOST);
    await once(socket, "connect");
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => settle("no handshake in time"), CONNECT_LIMIT_MS);
      const settle = (failure: string | undefined) => {
        clearTimeout(limit);
        if (failure === undefined) return resolve(client);
        client.close();
        reject(new Error(failure));
      };
      const client = new DtlsClientSocket(socket, input, settle);
    });
  }

  private constructor(socket: Socket, input: DtlsClientSocketInput, settle: (failure: string | undefined) => void) {
    this.#socket = socket;
    this.#client = new DtlsClient(systemNow(), {
      crypto: CRYPTO,
      server: peerAddress(HOST, input.port),
      identity: toUtf8(input.identity),
      key: new Secret(toUtf8(input.key)),
      suites: [input.suite],
      connectionId: new Uint8Array(0),
      parameters: DTLS_PARAMETERS,
      random: new SystemRandom(),
      outlet: {
        transmit: (datagram) => socket.send(datagram),
        connected: () => settle(undefined),
        applicationData: (_now, data) => {
          this.#received.push(Buffer.from(data));
          this.#wake?.();
        },
        ended: (_now, { kind, detail }) => settle(`${kind}: ${detail}`),
        counted: () => {},
      },
    });
    socket.on("message", (datagram) => {
      this.#client.handleDatagram(systemNow(), datagram);
      this.#arm();
    });
    this.#arm();
  }

  send(data: Uint8Array | string): void {
    const datagram = this.#client.seal(typeof data === "string" ? toUtf8(data) : data);
    if (datagram !== undefined) this.#socket.send(datagram);
  }

  /** What the server sent as text, once something is there. */
  async receive(): Promise<string> {
    return (await this.receiveBytes()).toString();
  }

  /** The same as bytes. */
  async receiveBytes(): Promise<Buffer> {
    while (this.#received.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#received.shift()!;
  }

  /** Ends without a word, as a device that loses power. */
  vanish(): void {
    this.#timer.stop();
    this.#socket.close();
  }

  close(): void {
    this.#timer.stop();
    this.#client.close();
    // A send to a connected socket waits for nothing: close_notify has left by then.
    setImmediate(() => this.#socket.close());
  }

  #arm(): void {
    this.#timer.arm(this.#client.pollTimeout());
  }
}
