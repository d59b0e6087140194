// Peer addresses as Node.js writes them, and as the cores know them. Parsing text for each datagram costs more than
// finding it again, and a key made of host and port as much as parsing.

import { hostOf, type PeerAddress, peerAddress } from "../base/peer-address.ts";

/** Peers whose texts are known. When there are more, all are forgotten, and are made again when they come back. */
export const ADDRESSES_MAX = 16_384;

/** Who was not heard of for so long is forgotten, and at twice as long surely. */
const AGE_MS = 60_000;

const PORT_COUNT = 65_536;

/** Gives the peer of a host, as Node.js writes it, and a port. */
export type PeerFinder = (host: string, port: number) => PeerAddress;

export class AddressCache {
  /** By host, then by port and the number of the finder: those that were asked for since the last turn, and before. */
  #peers = new Map<string, Map<number, PeerAddress>>();
  #oldPeers = new Map<string, Map<number, PeerAddress>>();
  #hosts = new Map<PeerAddress, string>();
  #finderCount = 0;
  #peerCount = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Of those that were heard of since the last turn. */
  get size(): number {
    return Math.max(this.#peerCount, this.#hosts.size);
  }

  /** Forgets who was not heard of since the last call. It is called by the clock for as long as there is somebody. */
  age(): void {
    this.#timer = undefined;
    this.#oldPeers = this.#peers;
    this.#peers = new Map();
    this.#peerCount = 0;
    this.#hosts = new Map();
    if (this.#oldPeers.size > 0) this.#startTimer();
  }

  /** Of the peers of a socket: they are known with `local` where that is one of our addresses that may be asked. */
  finder(local?: string): PeerFinder {
    const first = PORT_COUNT * this.#finderCount++;
    return (host, port) => this.#peers.get(host)?.get(first + port) ?? this.#addPeer(host, port, first, local);
  }

  /** The host as the socket wants it. */
  hostFor(peer: PeerAddress): string {
    const known = this.#hosts.get(peer);
    if (known !== undefined) return known;
    const host = hostOf(peer);
    if (this.#hosts.size >= ADDRESSES_MAX) this.#hosts.clear();
    this.#startTimer();
    this.#hosts.set(peer, host);
    return host;
  }

  #startTimer(): void {
    this.#timer ??= setTimeout(() => this.age(), AGE_MS).unref();
  }

  #addPeer(host: string, port: number, first: number, local: string | undefined): PeerAddress {
    if (this.#peerCount >= ADDRESSES_MAX) {
      this.#peers.clear();
      this.#peerCount = 0;
    }
    const peer = this.#oldPeers.get(host)?.get(first + port) ?? peerAddress(host, port, local);
    this.#startTimer();
    const ports = this.#peers.get(host) ?? new Map<number, PeerAddress>();
    this.#peers.set(host, ports.set(first + port, peer));
    this.#peerCount++;
    return peer;
  }
}
