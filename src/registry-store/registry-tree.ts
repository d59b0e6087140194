// The tree over the rows: leaves' tiles are read from them when a proof wants one, and what stands above is in memory.

import { equal } from "../base/bytes.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { TreeHead } from "../registry/proof-check.ts";
import { TILE_LENGTH, TILE_WIDTH } from "../registry/tile.ts";
import { TileHash } from "../registry/tile-hash.ts";
import { TileTree } from "../registry/tile-tree.ts";
import { HASH_LENGTH, TreeHash } from "../registry/tree-hash.ts";
import { UpperLevels } from "../registry/upper-levels.ts";
import type { StoreFile } from "../store/store-file.ts";
import type { RegistryRows } from "./registry-rows.ts";

export class RegistryTree {
  readonly hash: TreeHash;
  readonly #file: StoreFile;
  readonly #rows: RegistryRows;
  readonly #upper: UpperLevels;
  readonly #tiles: TileTree;

  constructor(file: StoreFile, rows: RegistryRows, crypto: CryptoProvider) {
    this.hash = new TreeHash(crypto);
    this.#file = file;
    this.#rows = rows;
    const tileHash = new TileHash(crypto);
    this.#upper = new UpperLevels(tileHash);
    this.#tiles = new TileTree(this.hash, tileHash, { hashes: (level, number) => this.tile(level, number) });
  }

  /**
   * Reads what was written since the last call, up to `size` leaves: in a transaction that has written nothing itself, for it
   * may be undone. What is wrong with the rows, in words; undefined when nothing is.
   */
  catchUp(size: number): string | undefined {
    const full = Math.floor(size / TILE_WIDTH);
    const left = size % TILE_WIDTH;
    if (full < this.#upper.tileCount) return `it has ${size} entries, and had more`;
    return this.#file.attempt(() => {
      if (full > this.#upper.tileCount) {
        for (const { number, hashes } of this.#rows.tilesFrom(this.#upper.tileCount)) {
          if (number >= full) break;
          if (number !== this.#upper.tileCount || hashes.length !== TILE_LENGTH) break;
          this.#upper.append(hashes);
        }
      }
      if (this.#upper.tileCount < full)
        return `the hashes of entries ${this.#upper.tileCount * TILE_WIDTH} on are missing`;
      if (left === 0) return undefined;
      const last = this.#rows.tile(full);
      const isThere = last !== undefined && last.length >= left * HASH_LENGTH;
      return isThere ? undefined : `the hashes of entries ${full * TILE_WIDTH} on are missing`;
    });
  }

  /** Whether the first leaves are those of this head. */
  has({ size, root }: TreeHead): boolean {
    return equal(this.root(size), root);
  }

  root(size: number): Uint8Array {
    return this.#tiles.root(size);
  }

  inclusion(index: number, size: number): Uint8Array[] {
    return this.#tiles.inclusion(index, size);
  }

  consistency(older: number, size: number): Uint8Array[] {
    return this.#tiles.consistency(older, size);
  }

  tile(level: number, number: number): Uint8Array | undefined {
    return level === 0 ? this.#rows.tile(number) : this.#upper.tile(level, number);
  }
}
