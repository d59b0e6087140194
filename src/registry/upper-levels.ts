// The hashes of all levels above the leaves' tiles, 1 to 6: 32 bytes for each 256 entries, and an eighth of a per cent of that
// for the levels above. They follow from the leaves, so nobody stores them: who opens a log computes them anyway.

import { put } from "../base/bytes.ts";
import { TILE_LENGTH, TILE_WIDTH } from "./tile.ts";
import type { TileHash } from "./tile-hash.ts";
import { HASH_LENGTH } from "./tree-hash.ts";

export class UpperLevels {
  readonly #hash: TileHash;
  /** The first is level 1. */
  readonly #levels: GrowingHashes[] = [];

  constructor(hash: TileHash) {
    this.#hash = hash;
  }

  /** How many full tiles of leaves there are. */
  get tileCount(): number {
    return this.#levels[0]?.count ?? 0;
  }

  /** Appends a full tile of the hashes of leaves. */
  append(tile: Uint8Array): void {
    let hash = this.#hash.root(tile);
    for (let i = 0; ; i++) {
      this.#levels[i] ??= new GrowingHashes();
      const level = this.#levels[i]!;
      level.append(hash);
      if (level.count % TILE_WIDTH !== 0) return;
      hash = this.#hash.root(level.tile(level.count / TILE_WIDTH - 1));
    }
  }

  /** Of level 1 or above; what there is of it, of one that is not full yet. */
  tile(level: number, number: number): Uint8Array | undefined {
    return this.#levels[level - 1]?.tile(number);
  }
}

class GrowingHashes {
  #bytes = new Uint8Array(TILE_LENGTH);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  append(hash: Uint8Array): void {
    const at = this.#count * HASH_LENGTH;
    if (at === this.#bytes.length) {
      const grown = new Uint8Array(2 * at);
      put(grown, 0, this.#bytes);
      this.#bytes = grown;
    }
    put(this.#bytes, at, hash);
    this.#count++;
  }

  tile(number: number): Uint8Array {
    const end = Math.min(this.#count * HASH_LENGTH, (number + 1) * TILE_LENGTH);
    return this.#bytes.subarray(Math.min(end, number * TILE_LENGTH), end);
  }
}
