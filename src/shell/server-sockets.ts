// The way to a server that may have several addresses, as RFC 8305 finds it: they are tried one after the other, each a
// moment after the one before or as soon as the system refuses that, and the first that answers is the server. Until then
// all that were tried hear what the device says.

import type { PeerAddress } from "../base/peer-address.ts";
import { UdpSocket } from "./udp-socket.ts";

/** RFC 8305 5: the longest delay between attempts, since links here are slow and what is sent in vain costs. */
const ATTEMPT_DELAY_MS = 2_000;

/** Datagrams that an address which is tried later hears first: those of a hello, or of the first requests. */
const OPENING_COUNT_MAX = 8;

export interface ServerSocketsOutlet {
  datagram(datagram: Uint8Array): void;
  /** The system's name for what happened to the only way that is left: "ECONNREFUSED". */
  failed(code: string): void;
}

export class ServerSockets {
  readonly #outlet: ServerSocketsOutlet;
  /** Not tried yet. */
  readonly #untried: PeerAddress[];
  /** One for each address that was tried and not refused; the one that has answered alone. */
  #sockets: UdpSocket[] = [];
  #opening: Uint8Array[] = [];
  #server: PeerAddress | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Of at least one address. Rejects with the system's error, ENETUNREACH, where none can be tried. */
  static async open(addresses: readonly PeerAddress[], outlet: ServerSocketsOutlet): Promise<ServerSockets> {
    const sockets = new ServerSockets(addresses, outlet);
    await sockets.#tryNext();
    return sockets;
  }

  private constructor(addresses: readonly PeerAddress[], outlet: ServerSocketsOutlet) {
    this.#outlet = outlet;
    this.#untried = [...addresses];
  }

  /** The address that has answered. */
  get server(): PeerAddress | undefined {
    return this.#server;
  }

  /** The UDP port that datagrams leave from. */
  get port(): number {
    return this.#sockets[0]?.port ?? 0;
  }

  send(datagram: Uint8Array): void {
    if (this.#untried.length > 0 && this.#opening.length < OPENING_COUNT_MAX) this.#opening.push(datagram);
    for (const socket of this.#sockets) socket.send(datagram);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#sockets.splice(0).map((socket) => socket.close()));
  }

  async #tryNext(): Promise<void> {
    clearTimeout(this.#timer);
    const address = this.#untried.shift();
    if (address === undefined) return;
    try {
      await this.#try(address);
    } catch (error) {
      if (this.#sockets.length === 0 && this.#untried.length === 0) throw error;
      return this.#tryNext();
    }
    if (this.#untried.length > 0) this.#timer = setTimeout(() => void this.#tryNext(), ATTEMPT_DELAY_MS);
  }

  async #try(address: PeerAddress): Promise<void> {
    const socket: UdpSocket = await UdpSocket.connect(address, {
      datagram: (_from, datagram) => {
        if (this.#server === undefined) this.#settle(address, socket);
        if (this.#sockets[0] === socket) this.#outlet.datagram(datagram);
      },
      failed: (code) => this.#handleFailure(socket, code),
    });
    if (this.#closed || this.#server !== undefined) return socket.close();
    this.#sockets.push(socket);
    for (const datagram of this.#opening) socket.send(datagram);
  }

  /** It has answered: nobody else is asked any more. */
  #settle(address: PeerAddress, socket: UdpSocket): void {
    this.#server = address;
    clearTimeout(this.#timer);
    this.#untried.length = 0;
    this.#opening = [];
    for (const other of this.#sockets) if (other !== socket) void other.close();
    this.#sockets = [socket];
  }

  #handleFailure(socket: UdpSocket, code: string): void {
    if (!this.#sockets.includes(socket)) return;
    const isOnlyWay = this.#sockets.length === 1 && this.#untried.length === 0;
    if (isOnlyWay) return this.#outlet.failed(code);
    this.#sockets = this.#sockets.filter((other) => other !== socket);
    void socket.close();
    this.#tryNext().catch((error: NodeJS.ErrnoException) => this.#outlet.failed(error.code ?? error.name));
  }
}
