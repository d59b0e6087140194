// A server's UDP port by node:dgram. What came in one turn of the event loop is a batch, and what answers it is sent
// together at its end: sent one by one, each from within the callback of the datagram that it answers, it costs half as
// much again.

import { put } from "../base/bytes.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import { type DatagramPort, type DatagramPortOutlet, UDP_LENGTH_MAX } from "./datagram-port.ts";
import { isAllAddresses } from "./local-addresses.ts";
import { LocalSockets } from "./local-sockets.ts";
import { UdpSocket } from "./udp-socket.ts";

/** The most datagrams, and bytes of them, that lie ready to be sent or wait for the system to take them. */
export const SEND_COUNT_MAX = 1_024;
export const SEND_LENGTH_MAX = 1 << 20;

export class DgramPort implements DatagramPort {
  readonly host: string;
  readonly port: number;
  readonly #socket: UdpSocket | LocalSockets;
  readonly #outlet: DatagramPortOutlet;
  /** Datagrams lie here one behind the other until the system has all of them. */
  readonly #memory = new Uint8Array(SEND_LENGTH_MAX);
  #length = 0;
  /** What is to be sent with the next flush, and to whom. */
  readonly #datagrams: Uint8Array[] = [];
  readonly #receivers: PeerAddress[] = [];
  /** What the system did not take when it was last given something. */
  #waitingCount = 0;
  /** Datagrams of this turn of the event loop. */
  #batchCount = 0;
  #closing = false;

  /** Listens on an IP address; on `::` for IPv4 too. Rejects with the system's error. */
  static async bind(host: string, port: number, outlet: DatagramPortOutlet): Promise<DgramPort> {
    let bound: DgramPort | undefined;
    const socket = await (isAllAddresses(host) ? LocalSockets : UdpSocket).bind(host, port, {
      datagram: (from, datagram) => {
        if (bound !== undefined) bound.#handleDatagram(from, datagram);
      },
      failed: (code) => outlet.failed(code),
    });
    bound = new DgramPort(socket, outlet);
    return bound;
  }

  private constructor(socket: UdpSocket | LocalSockets, outlet: DatagramPortOutlet) {
    this.host = socket.host;
    this.port = socket.port;
    this.#socket = socket;
    this.#outlet = outlet;
  }

  sendTo(to: PeerAddress, datagram: Uint8Array): void {
    if (this.#closing) return;
    const { length } = datagram;
    if (length > UDP_LENGTH_MAX) return this.#outlet.failed("EMSGSIZE");
    if (!this.#hasRoomFor(length)) {
      this.flush();
      // The system takes nothing, and enough waits for it.
      if (!this.#hasRoomFor(length)) return this.#outlet.failed("ENOBUFS");
    }
    const end = this.#length + length;
    put(this.#memory, this.#length, datagram);
    this.#datagrams.push(this.#memory.subarray(this.#length, end));
    this.#receivers.push(to);
    this.#length = end;
  }

  flush(): void {
    if (this.#closing) return;
    for (let i = 0; i < this.#datagrams.length; i++) this.#socket.sendTo(this.#receivers[i]!, this.#datagrams[i]!);
    this.#datagrams.length = 0;
    this.#receivers.length = 0;
    this.#waitingCount = this.#socket.waitingCount;
    if (this.#waitingCount === 0) this.#length = 0;
  }

  async room(): Promise<void> {
    while (!this.#hasRoomFor(UDP_LENGTH_MAX)) {
      this.flush();
      if (this.#waitingCount > 0) await this.#socket.allSent();
    }
  }

  /** A second call does nothing. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.flush();
    this.#closing = true;
    await this.#socket.close();
  }

  #hasRoomFor(length: number): boolean {
    return this.#datagrams.length + this.#waitingCount < SEND_COUNT_MAX && this.#length + length <= SEND_LENGTH_MAX;
  }

  #handleDatagram(from: PeerAddress, datagram: Uint8Array): void {
    if (this.#closing) return;
    if (this.#batchCount === 0) setImmediate(this.#endBatch);
    this.#batchCount++;
    this.#outlet.datagram(from, datagram);
  }

  readonly #endBatch = (): void => {
    const count = this.#batchCount;
    this.#batchCount = 0;
    if (!this.#closing) this.#outlet.batchEnd(count);
  };
}
