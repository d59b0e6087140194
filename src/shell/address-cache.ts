// Peer addresses as Node.js writes them, and as the cores know them. Parsing text for each datagram costs more than
// finding it again, and a key made of host and port as much as parsing.

import { hostOf, isIpv4, type PeerAddress, peerAddress } from "../base/peer-address.ts";

/** Peers whose texts are known. When there are more, all are forgotten, and are made again when they come back. */
export const ADDRESSES_MAX = 16_384;

/** RFC 4291 2.5.5.2: how an IPv6 socket writes an IPv4 address. */
const MAPPED_PREFIX = "::ffff:";

export class AddressCache {
  /** By host, then by port. */
  readonly #peers = new Map<string, Map<number, PeerAddress>>();
  readonly #hosts = new Map<PeerAddress, string>();
  readonly #ipv4Prefix: string;
  #peerCount = 0;

  /** Of a socket of this family. */
  constructor(family: "udp4" | "udp6") {
    this.#ipv4Prefix = family === "udp6" ? MAPPED_PREFIX : "";
  }

  get size(): number {
    return Math.max(this.#peerCount, this.#hosts.size);
  }

  peerOf(host: string, port: number): PeerAddress {
    return this.#peers.get(host)?.get(port) ?? this.#addPeer(host, port);
  }

  /** The host as the socket wants it: an IPv6 socket reaches IPv4 peers through mapped addresses. */
  hostFor(peer: PeerAddress): string {
    const known = this.#hosts.get(peer);
    if (known !== undefined) return known;
    const host = (isIpv4(peer) ? this.#ipv4Prefix : "") + hostOf(peer);
    if (this.#hosts.size >= ADDRESSES_MAX) this.#hosts.clear();
    this.#hosts.set(peer, host);
    return host;
  }

  #addPeer(host: string, port: number): PeerAddress {
    if (this.#peerCount >= ADDRESSES_MAX) {
      this.#peers.clear();
      this.#peerCount = 0;
    }
    const peer = peerAddress(host, port);
    const ports = this.#peers.get(host) ?? new Map<number, PeerAddress>();
    this.#peers.set(host, ports.set(port, peer));
    this.#peerCount++;
    return peer;
  }
}
