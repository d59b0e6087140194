// The networks that an address lies in, as numbers: whoever has one address of such a network usually has all of them.
//
//   level    IPv4   IPv6
//   0        /32    /64     what one subscriber has
//   1        /24    /48     what one site has
//   2        /16    /32     what one provider has

import { isIpv4, type PeerAddress } from "../../base/peer-address.ts";

export const PREFIX_LEVEL_COUNT = 3;

/** What one site has. */
export const SITE_LEVEL = 1;

const HASH_START = 0x811c9dc5;

/**
 * A number of 32 bits for the network of this level. Different networks may have the same one; under a seed that nobody
 * outside knows, nobody can look for such.
 */
export function prefixHash(peer: PeerAddress, level: number, seed: number): number {
  let hash = mixed(HASH_START ^ level, seed);
  if (!isIpv4(peer)) {
    for (let i = 0; i < 4 - level; i++) hash = mixed(hash, peer.charCodeAt(i));
    return finished(hash);
  }
  hash = mixed(hash, peer.charCodeAt(0));
  if (level < 2) hash = mixed(hash, peer.charCodeAt(1) & (level === 0 ? 0xffff : 0xff00));
  return finished(hash);
}

/** A number of 32 bits for the site of a peer and one thing that it is about. */
export function siteHash(peer: PeerAddress, seed: number, thing: Uint8Array): number {
  let hash = prefixHash(peer, SITE_LEVEL, seed);
  for (const byte of thing) hash = mixed(hash, byte);
  return finished(hash);
}

/** Goes on with a hash by some more bits. */
function mixed(hash: number, value: number): number {
  const product = Math.imul(hash ^ value, 0x9e3779b1);
  return (product << 13) | (product >>> 19);
}

/** Spreads what is in a hash over all of its 32 bits. */
function finished(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
