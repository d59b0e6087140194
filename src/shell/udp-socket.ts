// A UDP socket, bound for a server or connected for a device. Whatever the network does to it is told by name and never
// ends it: errors of sending, and ICMP messages, which anyone can forge.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { hostOf, isIpv4, type PeerAddress, portOf } from "../base/peer-address.ts";
import { AddressCache, type PeerFinder } from "./address-cache.ts";

/** Asked of the system for bursts of a thousand devices; it may give less. */
const RECEIVE_BUFFER_LENGTH = 4 * 1024 * 1024;

export interface UdpSocketOutlet {
  datagram(from: PeerAddress, datagram: Uint8Array): void;
  /** The system's name for it: "ECONNREFUSED", "EMSGSIZE". */
  failed(code: string): void;
}

type Family = "udp4" | "udp6";

export class UdpSocket {
  readonly #socket: Socket;
  readonly #addresses: AddressCache;
  readonly #peerOf: PeerFinder;
  readonly #outlet: UdpSocketOutlet;
  #sendingCount = 0;
  /** Called once all is sent. */
  readonly #drained: (() => void)[] = [];

  /**
   * Listens on an IP address. One of several sockets of a port shares their `addresses`, and knows its peers with `host`,
   * which they asked. Rejects with the system's error: EADDRINUSE, EACCES, EADDRNOTAVAIL, EAFNOSUPPORT.
   */
  static async bind(host: string, port: number, outlet: UdpSocketOutlet, addresses?: AddressCache): Promise<UdpSocket> {
    const family = isIPv6(host) ? "udp6" : "udp4";
    const socket = socketOf(family);
    await settled(socket, "listening", () => socket.bind(port, host));
    if (addresses === undefined) return new UdpSocket(socket, outlet);
    return new UdpSocket(socket, outlet, addresses, host);
  }

  /** A socket on a free port that hears `server` alone. Rejects with the system's error: ENETUNREACH. */
  static async connect(server: PeerAddress, outlet: UdpSocketOutlet): Promise<UdpSocket> {
    const family = isIpv4(server) ? "udp4" : "udp6";
    const socket = socketOf(family);
    await settled(socket, "connect", () => socket.connect(portOf(server), hostOf(server)));
    return new UdpSocket(socket, outlet);
  }

  private constructor(socket: Socket, outlet: UdpSocketOutlet, addresses = new AddressCache(), local?: string) {
    this.#socket = socket;
    this.#addresses = addresses;
    this.#peerOf = addresses.finder(local);
    this.#outlet = outlet;
    socket.on("message", (datagram, { address, port }) => outlet.datagram(this.#peerOf(address, port), datagram));
    socket.on("error", (error) => outlet.failed(codeOf(error)));
  }

  get host(): string {
    return this.#socket.address().address;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** How many datagrams the system did not take at once; their bytes must stay as they are. */
  get waitingCount(): number {
    return this.#socket.getSendQueueCount();
  }

  /** From a bound socket. */
  sendTo(to: PeerAddress, datagram: Uint8Array): void {
    const port = portOf(to);
    // RFC 768: a datagram from port 0 wants no answer. Anyone can send one, and node:dgram throws where the system refuses.
    if (port === 0) return this.#outlet.failed("EINVAL");
    this.#sendingCount++;
    this.#socket.send(datagram, port, this.#addresses.hostFor(to), this.#sent);
  }

  /** From a connected socket. */
  send(datagram: Uint8Array): void {
    this.#sendingCount++;
    this.#socket.send(datagram, this.#sent);
  }

  /** Resolves when all that was to be sent is with the system. */
  async allSent(): Promise<void> {
    if (this.#sendingCount > 0) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** Resolves likewise. */
  async close(): Promise<void> {
    await this.allSent();
    this.#socket.close();
  }

  readonly #sent = (error: Error | null): void => {
    this.#sendingCount--;
    if (error !== null) this.#outlet.failed(codeOf(error));
    if (this.#sendingCount > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  };
}

function socketOf(type: Family): Socket {
  // Addresses are numbers here. Without this each datagram would go through the resolver's queue.
  const family = type === "udp4" ? 4 : 6;
  return createSocket({ type, lookup: (host, _options, done) => done(null, host, family) });
}

/** Begins, and waits for the socket to be ready; one that fails is closed. */
async function settled(socket: Socket, event: "listening" | "connect", begin: () => void): Promise<void> {
  // Numbers need no waiting: the event may come before `begin` returns.
  const ready = once(socket, event);
  begin();
  try {
    await ready;
  } catch (error) {
    socket.close();
    throw error;
  }
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_LENGTH);
  } catch {
    // Some systems refuse what is above their limit instead of giving the limit; the default serves, with more loss.
  }
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
