// The tree as it stands in tiles: any node, root and proof of it (RFC 9162 2.1.3.1, 2.1.4.1), with a few tiles read for each.

import { LRUCache } from "lru-cache";
import { assert } from "../base/assert.ts";
import { largestPowerOfTwo } from "./proof-check.ts";
import { TILE_WIDTH } from "./tile.ts";
import type { TileHash, TileNodes } from "./tile-hash.ts";
import { HASH_LENGTH, type TreeHash } from "./tree-hash.ts";

/** Of tiles the nodes between are kept, 16 KiB each, so that a proof from tiles just used hashes nearly nothing. */
const KEPT_TILES_MAX = 256;

export interface TileSource {
  /** The hashes of a tile, one after the other: as many as are asked for, or more. Undefined where there are fewer. */
  hashes(level: number, number: number, width: number): Uint8Array | undefined;
}

/** Leaves from `start` up to `end`, which is not among them. */
interface Range {
  readonly start: number;
  readonly end: number;
}

export class TileTree {
  readonly #tree: TreeHash;
  readonly #tileHash: TileHash;
  readonly #source: TileSource;
  readonly #kept = new LRUCache<string, TileNodes>({ max: KEPT_TILES_MAX });

  constructor(tree: TreeHash, tileHash: TileHash, source: TileSource) {
    this.#tree = tree;
    this.#tileHash = tileHash;
    this.#source = source;
  }

  /** The root of the first `size` leaves. */
  root(size: number): Uint8Array {
    return size === 0 ? this.#tree.empty() : this.#hashOf({ start: 0, end: size });
  }

  /** RFC 9162 2.1.3.1: from the leaf's sibling to the root's child. `index` is below `size`. */
  inclusion(index: number, size: number): Uint8Array[] {
    assert(index < size, `leaf ${index} of ${size}`);
    const path: Range[] = [];
    for (let { start, end }: Range = { start: 0, end: size }; end - start > 1; ) {
      const middle = middleOf(start, end);
      path.unshift(index < middle ? { start: middle, end } : { start, end: middle });
      if (index < middle) end = middle;
      else start = middle;
    }
    return path.map((range) => this.#hashOf(range));
  }

  /** RFC 9162 2.1.4.1. `older` is at most `size`. */
  consistency(older: number, size: number): Uint8Array[] {
    assert(older <= size, `${older} of ${size} leaves`);
    if (older === 0 || older === size) return [];
    const path: Range[] = [];
    let { start, end }: Range = { start: 0, end: size };
    while (older !== end) {
      const middle = middleOf(start, end);
      path.unshift(older <= middle ? { start: middle, end } : { start, end: middle });
      if (older <= middle) end = middle;
      else start = middle;
    }
    // What the older tree is as a whole, whoever checks has already.
    if (start !== 0) path.unshift({ start, end });
    return path.map((range) => this.#hashOf(range));
  }

  #hashOf({ start, end }: Range): Uint8Array {
    const width = end - start;
    if (largestPowerOfTwo(width) === width) return this.#node(start, width);
    const middle = middleOf(start, end);
    return this.#tree.node(this.#hashOf({ start, end: middle }), this.#hashOf({ start: middle, end }));
  }

  /** The root of a perfect subtree of `width` leaves, at a multiple of that many. */
  #node(start: number, width: number): Uint8Array {
    let level = 0;
    let leaves = 1;
    while (leaves * TILE_WIDTH <= width) {
      leaves *= TILE_WIDTH;
      level++;
    }
    const first = start / leaves;
    const count = width / leaves;
    const number = Math.floor(first / TILE_WIDTH);
    const at = first % TILE_WIDTH;
    return this.#nodesOf(level, number, at + count).at(Math.log2(count), at / count);
  }

  #nodesOf(level: number, number: number, width: number): TileNodes {
    const key = `${level} ${number}`;
    const kept = this.#kept.get(key);
    // A tile grows and never changes: one that was kept when it was shorter is still right for what it has.
    if (kept !== undefined && kept.width >= width) return kept;
    const hashes = this.#source.hashes(level, number, width);
    assert(hashes !== undefined && hashes.length >= width * HASH_LENGTH, `tile ${key} has not ${width} hashes`);
    const nodes = this.#tileHash.nodes(hashes);
    this.#kept.set(key, nodes);
    return nodes;
  }
}

/** Where RFC 9162 2.1.1 cuts: the left part is the largest perfect tree that leaves something for the right. */
function middleOf(start: number, end: number): number {
  return start + largestPowerOfTwo(end - start - 1);
}
