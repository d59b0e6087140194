// Wrong guesses of a key: a Finished that does not open under the key of the identity that the handshake names. They are
// counted by identity and network over time, and never against a handshake: a handshake can be begun anew, and a forger
// could use up another's. Unknown identities are counted like known ones, so that nobody learns which is which.

import type { Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { siteHash } from "./address-prefix.ts";
import { RateTable } from "./rate-table.ts";

/** 86,400 s / 4 s: fewer than 22,000 guesses a day from one network, where a key of four digits has 10,000. */
export const GUESSES = { atOnce: 64, perSecond: 0.25 };
const BUCKET_COUNT = 16_384;

export class Guesses {
  readonly #seed: number;
  readonly #rates = new RateTable(GUESSES, BUCKET_COUNT);

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Networks that have guessed lately, each of them once for each identity. */
  count(now: Instant): number {
    return this.#rates.size(now);
  }

  /** Whether a Finished from this address may be tried under a key of this identity. */
  admits(now: Instant, from: PeerAddress, identity: Uint8Array): boolean {
    return this.#rates.has(now, siteHash(from, this.#seed, identity));
  }

  /** It did not open. */
  handleFailure(now: Instant, from: PeerAddress, identity: Uint8Array): void {
    this.#rates.take(now, siteHash(from, this.#seed, identity));
  }
}
