// Wrong guesses of a key: a Finished that does not open under the key of the identity that the handshake names. They are
// counted by identity and network over time, and never against a handshake: a handshake can be begun anew, and a forger
// could use up another's. Unknown identities are counted like known ones, so that nobody learns which is which.

import type { Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { finished, mixed, prefixHash } from "./address-prefix.ts";
import { RateTable } from "./rate-table.ts";

/** 86,400 s / 4 s: fewer than 22,000 guesses a day from one network, where a key of four digits has 10,000. */
export const GUESSES = { atOnce: 64, perSecond: 0.25 };
const BUCKET_COUNT = 16_384;

/** /24 and /48: what one site has. */
const SITE = 1;

export class Guesses {
  readonly #seed: number;
  readonly #rates = new RateTable(GUESSES, BUCKET_COUNT);

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Whether a Finished from this address may be tried under a key of this identity. */
  admits(now: Instant, from: PeerAddress, identity: Uint8Array): boolean {
    return this.#rates.has(now, this.#keyOf(from, identity));
  }

  /** It did not open. */
  handleFailure(now: Instant, from: PeerAddress, identity: Uint8Array): void {
    this.#rates.take(now, this.#keyOf(from, identity));
  }

  #keyOf(from: PeerAddress, identity: Uint8Array): number {
    let hash = prefixHash(from, SITE, this.#seed);
    for (const byte of identity) hash = mixed(hash, byte);
    return finished(hash);
  }
}
