// The peer addresses of the last datagrams, each as one string: a string that is the same object has its hash already, and
// is found in a map by comparing pointers.

import { isFromUnits, type PeerAddress, peerAddressFromUnits } from "../base/peer-address.ts";

/** A power of two. A peer whose place another one takes is made anew. */
const KNOWN_PEERS_MAX = 16_384;

export class KnownPeers {
  readonly #peers = new Array<PeerAddress | undefined>(KNOWN_PEERS_MAX);

  /** As peerAddressFromUnits(). */
  peer(units: Uint16Array, at: number, unitCount: number, port: number, zone: string, withLocal: boolean): PeerAddress {
    const count = withLocal ? 2 * unitCount : unitCount;
    let mixed = port;
    for (let i = 0; i < count; i++) mixed = Math.imul(mixed ^ units[at + i]!, 0x9e3779b1);
    const place = (mixed >>> 16) & (KNOWN_PEERS_MAX - 1);
    const known = this.#peers[place];
    if (known !== undefined && isFromUnits(known, units, at, unitCount, port, zone, withLocal)) return known;
    const peer = peerAddressFromUnits(units, at, unitCount, port, zone, withLocal);
    this.#peers[place] = peer;
    return peer;
  }
}
