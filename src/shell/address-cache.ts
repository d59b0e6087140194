// Peer addresses as Node.js writes them, and as the cores know them. Parsing text for each datagram costs more than
// finding it again.

import { LRUCache } from "lru-cache";
import { hostOf, isIpv4, type PeerAddress, peerAddress } from "../base/peer-address.ts";

/** Peers whose texts are remembered; those of the others are made again. */
export const ADDRESSES_MAX = 16_384;

/** RFC 4291 2.5.5.2: how an IPv6 socket writes an IPv4 address. */
const MAPPED_PREFIX = "::ffff:";

export class AddressCache {
  readonly #peers = new LRUCache<string, PeerAddress>({ max: ADDRESSES_MAX });
  readonly #hosts = new LRUCache<PeerAddress, string>({ max: ADDRESSES_MAX });
  readonly #ipv4Prefix: string;

  /** Of a socket of this family. */
  constructor(family: "udp4" | "udp6") {
    this.#ipv4Prefix = family === "udp6" ? MAPPED_PREFIX : "";
  }

  get size(): number {
    return Math.max(this.#peers.size, this.#hosts.size);
  }

  peerOf(host: string, port: number): PeerAddress {
    const key = `${host} ${port}`;
    let peer = this.#peers.get(key);
    if (peer === undefined) {
      peer = peerAddress(host, port);
      this.#peers.set(key, peer);
    }
    return peer;
  }

  /** The host as the socket wants it: an IPv6 socket reaches IPv4 peers through mapped addresses. */
  hostFor(peer: PeerAddress): string {
    let host = this.#hosts.get(peer);
    if (host === undefined) {
      host = (isIpv4(peer) ? this.#ipv4Prefix : "") + hostOf(peer);
      this.#hosts.set(peer, host);
    }
    return host;
  }
}
