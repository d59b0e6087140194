// The peer addresses of the last datagrams, each as one string: a string that is the same object has its hash already, and
// is found in a map by comparing pointers.

import { type PeerAddress, peerAddressFromUnits } from "../base/peer-address.ts";

/** A power of two. A peer whose place another one takes is made anew. */
const KNOWN_PEERS_MAX = 16_384;

const IPV4_UNITS = 2;

export class KnownPeers {
  readonly #peers = new Array<PeerAddress | undefined>(KNOWN_PEERS_MAX);

  /** As peerAddressFromUnits(), for an IPv4 address. */
  ipv4(units: Uint16Array, at: number, port: number): PeerAddress {
    const high = units[at]!;
    const low = units[at + 1]!;
    const place =
      (Math.imul((high << 16) ^ low ^ Math.imul(port, 0x9e3779b1), 0x85ebca6b) >>> 16) & (KNOWN_PEERS_MAX - 1);
    const known = this.#peers[place];
    if (
      known !== undefined &&
      known.charCodeAt(0) === high &&
      known.charCodeAt(1) === low &&
      known.charCodeAt(2) === port
    ) {
      return known;
    }
    const peer = peerAddressFromUnits(units, at, IPV4_UNITS, port, "");
    this.#peers[place] = peer;
    return peer;
  }
}
