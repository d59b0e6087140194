// A plain UDP socket on loopback that keeps what it receives: an end of a link that is measured from outside.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

const HOST = "127.0.0.1";
/** Asked of the system, so that a burst does not overflow a busy process. */
const BUFFER_LENGTH = 4 * 1024 * 1024;
/** How long nothing more has to come until everything is taken to be there. */
const SILENCE_MS = 700;
const WAIT_LIMIT_MS = 20_000;

export interface ReceivedDatagram {
  readonly atMs: number;
  /** The sender's. */
  readonly port: number;
  readonly bytes: Uint8Array;
}

export class UdpEnd {
  readonly #socket: Socket;
  readonly datagrams: ReceivedDatagram[] = [];

  static async open(): Promise<UdpEnd> {
    const socket = createSocket({ type: "udp4", recvBufferSize: BUFFER_LENGTH });
    socket.bind(0, HOST);
    await once(socket, "listening");
    return new UdpEnd(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (bytes, { port }) => this.datagrams.push({ atMs: performance.now(), port, bytes }));
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Of the bytes received, from the first datagram to the last. */
  get bitsPerSecond(): number {
    const [first, last] = [this.datagrams[0]!, this.datagrams.at(-1)!];
    const bytes = this.datagrams.slice(1).reduce((sum, { bytes: { length } }) => sum + length, 0);
    return (bytes * 8 * 1000) / (last.atMs - first.atMs);
  }

  send(port: number, bytes: Uint8Array): void {
    this.#socket.send(bytes, port, HOST);
  }

  /** Sends `count` times, at least `everyMs` apart. */
  async sendPaced(port: number, bytes: Uint8Array, count: number, everyMs: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.send(port, bytes);
      await delay(everyMs);
    }
  }

  /** Resolves when `count` datagrams have come; rejects when they do not. */
  async received(count: number): Promise<void> {
    const until = performance.now() + WAIT_LIMIT_MS;
    while (this.datagrams.length < count) {
      if (performance.now() > until) throw new Error(`${this.datagrams.length} of ${count} datagrams came`);
      await delay(5);
    }
  }

  /** Resolves when nothing has come for a while. */
  async settled(): Promise<void> {
    for (let count = -1; count !== this.datagrams.length; ) {
      count = this.datagrams.length;
      await delay(SILENCE_MS);
    }
  }

  close(): void {
    this.#socket.close();
  }
}
