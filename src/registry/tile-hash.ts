// The nodes of a whole tile at once, for whoever computes many: at a start all of a log's. A pair is hashed where it lies.
// The byte in front of it, which says that it is a node, takes the place of the last byte of the pair before, which is hashed
// by then; and the node takes the place of what was read already. So nothing is copied but a tile in and 32 bytes out.

import { assert } from "../base/assert.ts";
import { put } from "../base/bytes.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { TILE_LENGTH, TILE_WIDTH } from "./tile.ts";
import { HASH_LENGTH, NODE } from "./tree-hash.ts";

const PAIR_LENGTH = 2 * HASH_LENGTH;

export class TileHash {
  readonly #crypto: CryptoProvider;
  readonly #bytes = new Uint8Array(1 + TILE_LENGTH);
  /** Each pair and the byte in front of it. */
  readonly #pairs: readonly Uint8Array[];

  readonly #pairAt = (index: number): Uint8Array => {
    this.#bytes[index * PAIR_LENGTH] = NODE;
    return this.#pairs[index]!;
  };

  constructor(crypto: CryptoProvider) {
    this.#crypto = crypto;
    this.#pairs = Array.from({ length: TILE_WIDTH / 2 }, (_, i) =>
      this.#bytes.subarray(i * PAIR_LENGTH, (i + 1) * PAIR_LENGTH + 1),
    );
  }

  /** Of a full tile. */
  root(tile: Uint8Array): Uint8Array {
    assert(tile.length === TILE_LENGTH, "a full tile");
    put(this.#bytes, 1, tile);
    for (let count = TILE_WIDTH / 2; count >= 1; count /= 2) this.#hashPairs(count);
    return this.#bytes.slice(1, 1 + HASH_LENGTH);
  }

  /** The nodes over the hashes of a tile; an odd hash or node at the end of a level has no parent here. */
  nodes(hashes: Uint8Array): TileNodes {
    const nodes = new TileNodes(hashes);
    put(this.#bytes, 1, hashes);
    for (let height = 1; nodes.countAt(height) > 0; height++) {
      const count = nodes.countAt(height);
      this.#hashPairs(count);
      nodes.set(height, this.#bytes.subarray(1, 1 + count * HASH_LENGTH));
    }
    return nodes;
  }

  #hashPairs(count: number): void {
    this.#crypto.sha256Each(count, this.#pairAt, this.#bytes, 1);
  }
}

/** One array for all of them, because many of these are kept: an array for each level is eight times the work for a collector. */
export class TileNodes {
  /** Of hashes. */
  readonly width: number;
  readonly #bytes: Uint8Array;

  constructor(hashes: Uint8Array) {
    this.width = hashes.length / HASH_LENGTH;
    // As many nodes in all as hashes, less one or more.
    this.#bytes = new Uint8Array(2 * hashes.length);
    put(this.#bytes, 0, hashes);
  }

  countAt(height: number): number {
    return this.width >> height;
  }

  set(height: number, nodes: Uint8Array): void {
    put(this.#bytes, this.#offsetOf(height), nodes);
  }

  /** The node over 2^height hashes, of these the one with this index. */
  at(height: number, index: number): Uint8Array {
    const offset = this.#offsetOf(height) + index * HASH_LENGTH;
    return this.#bytes.slice(offset, offset + HASH_LENGTH);
  }

  #offsetOf(height: number): number {
    let count = 0;
    for (let below = 0; below < height; below++) count += this.countAt(below);
    return count * HASH_LENGTH;
  }
}
