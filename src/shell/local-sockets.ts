// All addresses of this computer without the native port: node:dgram does not tell where a datagram was sent to, so each
// address has a socket of its own, as long as the computer has the address. Such a socket hears nothing that was sent to
// many, by broadcast or multicast.

import { localKeyOf, type PeerAddress } from "../base/peer-address.ts";
import { AddressCache } from "./address-cache.ts";
import { type LocalAddress, localAddresses } from "./local-addresses.ts";
import { UdpSocket, type UdpSocketOutlet } from "./udp-socket.ts";

/** How often the system is asked which addresses have come and gone. */
const FOLLOW_INTERVAL_MS = 2_000;

/** How often a free port is asked for that then turns out to be in use on one of the addresses. */
const FREE_PORT_TRIES = 16;

interface OpenSocket {
  readonly socket: UdpSocket;
  readonly zoneIndex: number;
}

export class LocalSockets {
  /** "::" or "0.0.0.0". */
  readonly host: string;
  readonly port: number;
  readonly #outlet: UdpSocketOutlet;
  /** By localKeyOf() of the peers that ask there. */
  readonly #open = new Map<string, OpenSocket>();
  /** Sockets whose address has gone, and that wait for the system to take what they had to send. */
  readonly #leaving = new Set<UdpSocket>();
  readonly #addresses = new AddressCache();
  #interval: NodeJS.Timeout | undefined;
  #following = Promise.resolve();
  #closing = false;

  /** Listens on all addresses, by one port that is free on all of them. Rejects with the system's error. */
  static async bind(host: string, port: number, outlet: UdpSocketOutlet): Promise<LocalSockets> {
    for (let tries = 1; ; tries++) {
      // What is bound to all addresses for a moment finds out at once whether the port is free on all of them.
      const probe = await UdpSocket.bind(host, port, { datagram: () => {}, failed: () => {} });
      const sockets = new LocalSockets(probe.host, probe.port, outlet);
      await probe.close();
      try {
        for (const [key, address] of localAddresses(host)) await sockets.#add(key, address);
        sockets.#interval = setInterval(() => sockets.#follow(), FOLLOW_INTERVAL_MS);
        return sockets;
      } catch (error) {
        await sockets.close();
        if (port !== 0 || tries === FREE_PORT_TRIES) throw error;
      }
    }
  }

  private constructor(host: string, port: number, outlet: UdpSocketOutlet) {
    this.host = host;
    this.port = port;
    this.#outlet = outlet;
  }

  /** How many datagrams the system did not take at once; their bytes must stay as they are. */
  get waitingCount(): number {
    let count = 0;
    for (const socket of this.#sockets()) count += socket.waitingCount;
    return count;
  }

  /** From the address that `to` asked. */
  sendTo(to: PeerAddress, datagram: Uint8Array): void {
    const open = this.#open.get(localKeyOf(to));
    if (open === undefined) this.#outlet.failed("EADDRNOTAVAIL");
    else open.socket.sendTo(to, datagram);
  }

  /** Resolves when all that was to be sent is with the system. */
  async allSent(): Promise<void> {
    await Promise.all(this.#sockets().map((socket) => socket.allSent()));
  }

  /** Resolves likewise. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#interval);
    await this.#following;
    await Promise.all(this.#sockets().map((socket) => socket.close()));
  }

  #sockets(): UdpSocket[] {
    return [...Array.from(this.#open.values(), ({ socket }) => socket), ...this.#leaving];
  }

  #follow(): void {
    this.#following = this.#following
      .then(() => this.#followNow())
      .catch((error) => this.#outlet.failed(codeOf(error)));
  }

  async #followNow(): Promise<void> {
    if (this.#closing) return;
    const wanted = localAddresses(this.host);
    for (const [key, { socket, zoneIndex }] of this.#open) {
      if (wanted.get(key)?.zoneIndex !== zoneIndex) this.#leave(key, socket);
    }
    for (const [key, address] of wanted) {
      if (this.#closing) return;
      if (this.#open.has(key)) continue;
      // Another program may have the port on this one address: the others are served all the same.
      await this.#add(key, address).catch((error) => this.#outlet.failed(codeOf(error)));
    }
  }

  async #add(key: string, { host, zoneIndex }: LocalAddress): Promise<void> {
    try {
      const socket = await UdpSocket.bind(host, this.port, this.#outlet, this.#addresses);
      this.#open.set(key, { socket, zoneIndex });
    } catch (error) {
      // RFC 4862 5.4: tentative, or gone again. It is asked about again soon.
      if (codeOf(error) !== "EADDRNOTAVAIL") throw error;
    }
  }

  #leave(key: string, socket: UdpSocket): void {
    this.#open.delete(key);
    this.#leaving.add(socket);
    void socket.close().then(() => this.#leaving.delete(socket));
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
