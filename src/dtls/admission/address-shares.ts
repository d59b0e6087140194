// Who gives way when a table of peers is full: one of those whose network holds more of the table than it has earned, by
// random choice, so that nobody can tell beforehand and no order can be played with.
//
// How much each network holds is not counted but estimated, from a few entries drawn at random: no memory grows with the
// number of networks, and nothing has to be kept up to date while the table has room. What a network has earned are the
// handshakes that were finished from there lately: a fleet behind one carrier's address keeps its place beside strangers.

import type { Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import type { RandomSource } from "../../base/random-source.ts";
import { PREFIX_LEVEL_COUNT, prefixHash } from "./address-prefix.ts";

/** Entries drawn each time. A network that holds an eighth of the table is among them four times. */
const SAMPLE_COUNT = 32;

/** So many of one network among those drawn are chance: the table holds few of its entries, if more than one. */
const CHANCE_COUNT = 3;

/** For each level, a power of two. Networks that share a place share what they earned. */
const PLACES_PER_LEVEL = 16_384;

/** After so long half of what was earned is forgotten. */
const HALF_LIFE_MS = 3_600_000;

export class AddressShares {
  readonly #random: RandomSource;
  readonly #seed: number;
  /** Handshakes finished lately from the networks of each level. */
  readonly #earned = new Float32Array(PREFIX_LEVEL_COUNT * PLACES_PER_LEVEL);
  #halvedAt: Instant;
  /** Of the entries drawn: which they are, and their networks level by level. */
  readonly #drawn = new Uint32Array(SAMPLE_COUNT);
  readonly #networks = new Uint32Array(PREFIX_LEVEL_COUNT * SAMPLE_COUNT);
  readonly #draws = new Uint32Array(SAMPLE_COUNT);
  readonly #drawBytes = new Uint8Array(this.#draws.buffer);

  constructor(now: Instant, random: RandomSource, seed: number) {
    this.#random = random;
    this.#seed = seed;
    this.#halvedAt = now;
  }

  /** Places of networks that have earned something. */
  earnedCount(now: Instant): number {
    this.#forget(now);
    return this.#earned.reduce((count, earned) => (earned >= 1 ? count + 1 : count), 0);
  }

  /** Somebody at this address showed that it has a key. */
  authenticated(now: Instant, peer: PeerAddress): void {
    this.#forget(now);
    for (let level = 0; level < PREFIX_LEVEL_COUNT; level++) {
      const place = placeOf(level, prefixHash(peer, level, this.#seed));
      this.#earned[place] = this.#earned[place]! + 1;
    }
  }

  /**
   * Which of `size` entries gives way; undefined when none of those drawn may. `peerOf` says where an entry comes from;
   * undefined for one that must stay.
   */
  choose(now: Instant, size: number, peerOf: (index: number) => PeerAddress | undefined): number | undefined {
    this.#forget(now);
    const count = this.#draw(size, peerOf);
    let chosen: number | undefined;
    let heaviest = -1;
    for (let i = 0; i < count; i++) {
      const weight = this.#weightOf(i, count, size);
      if (weight <= heaviest) continue;
      heaviest = weight;
      chosen = this.#drawn[i];
    }
    return chosen;
  }

  /** How many there are of those that may give way. */
  #draw(size: number, peerOf: (index: number) => PeerAddress | undefined): number {
    this.#random.fill(this.#drawBytes);
    let count = 0;
    for (const draw of this.#draws) {
      const index = draw % size;
      const peer = peerOf(index);
      if (peer === undefined) continue;
      this.#drawn[count] = index;
      for (let level = 0; level < PREFIX_LEVEL_COUNT; level++) {
        this.#networks[level * SAMPLE_COUNT + count] = prefixHash(peer, level, this.#seed);
      }
      count++;
    }
    return count;
  }

  /** How many entries its networks hold, by estimate, beyond what they earned and beyond what may be chance. */
  #weightOf(drawn: number, count: number, size: number): number {
    let weight = 0;
    for (let level = 0; level < PREFIX_LEVEL_COUNT; level++) {
      const first = level * SAMPLE_COUNT;
      const network = this.#networks[first + drawn]!;
      let alike = 0;
      for (let i = first; i < first + count; i++) if (this.#networks[i] === network) alike++;
      const held = (Math.max(0, alike - CHANCE_COUNT) * size) / SAMPLE_COUNT;
      weight += Math.max(0, held - this.#earned[placeOf(level, network)]!);
    }
    return weight;
  }

  #forget(now: Instant): void {
    const halvings = Math.floor((now - this.#halvedAt) / HALF_LIFE_MS);
    if (halvings <= 0) return;
    this.#halvedAt = (this.#halvedAt + halvings * HALF_LIFE_MS) as Instant;
    const left = 2 ** -halvings;
    for (let i = 0; i < this.#earned.length; i++) this.#earned[i] = this.#earned[i]! * left;
  }
}

function placeOf(level: number, network: number): number {
  return level * PLACES_PER_LEVEL + (network & (PLACES_PER_LEVEL - 1));
}
