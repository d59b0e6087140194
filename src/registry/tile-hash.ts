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

  /**
   * The levels of nodes over the hashes of a tile: themselves first, and of each level as many as have two children. An odd
   * one at the end has no parent here.
   */
  levels(hashes: Uint8Array): readonly Uint8Array[] {
    put(this.#bytes, 1, hashes);
    const levels = [hashes];
    for (let count = hashes.length / HASH_LENGTH; count >= 2; ) {
      count = Math.floor(count / 2);
      this.#hashPairs(count);
      levels.push(this.#bytes.slice(1, 1 + count * HASH_LENGTH));
    }
    return levels;
  }

  #hashPairs(count: number): void {
    const bytes = this.#bytes;
    for (let i = 0; i < count; i++) {
      bytes[i * PAIR_LENGTH] = NODE;
      const hash = this.#crypto.sha256(this.#pairs[i]!);
      const at = 1 + i * HASH_LENGTH;
      for (let k = 0; k < HASH_LENGTH; k++) bytes[at + k] = hash.charCodeAt(k);
    }
  }
}
