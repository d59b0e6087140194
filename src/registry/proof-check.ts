// RFC 9162 2.1.3.2 and 2.1.4.2: what a proof shows. Sizes and indices are whole numbers up to 2^53 - 1, beyond JavaScript's
// bit operators; hashes have 32 bytes each.

import { equal } from "../base/bytes.ts";
import type { TreeHash } from "./tree-hash.ts";

/** More hashes than any proof between sizes below 2^53 has, and the most that a witness is sent (C2SP tlog-witness). */
export const PROOF_HASHES_MAX = 63;

/**
 * RFC 9162 2.1.3.2: the root of the tree of `size` leaves in which `leaf` stands at `index`, if `path` is right; undefined
 * where no tree has such a path.
 */
export function rootByInclusion(
  tree: TreeHash,
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  if (index >= size) return undefined;
  const walk = new Walk(index, size - 1);
  let hash = leaf;
  for (const sibling of path) {
    if (walk.isAtRoot) return undefined;
    hash = walk.isRight() ? tree.node(sibling, hash) : tree.node(hash, sibling);
  }
  return walk.isAtRoot ? hash : undefined;
}

/** A tree's size and the root that somebody says it has. */
export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** RFC 9162 2.1.4.2: whether `proof` shows that the older tree is how the newer one began. */
export function isConsistent(tree: TreeHash, older: TreeHead, newer: TreeHead, proof: readonly Uint8Array[]): boolean {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && equal(older.root, newer.root);
  if (older.size === 0) return proof.length === 0 && equal(older.root, tree.empty());
  const hashes = isPowerOfTwo(older.size) ? [older.root, ...proof] : proof;
  const [first, ...rest] = hashes;
  if (first === undefined) return false;
  const walk = new Walk(older.size - 1, newer.size - 1);
  walk.climbRight();
  let [olderRoot, newerRoot] = [first, first];
  for (const hash of rest) {
    if (walk.isAtRoot) return false;
    if (walk.isRight()) {
      olderRoot = tree.node(hash, olderRoot);
      newerRoot = tree.node(hash, newerRoot);
    } else {
      newerRoot = tree.node(newerRoot, hash);
    }
  }
  return walk.isAtRoot && equal(olderRoot, older.root) && equal(newerRoot, newer.root);
}

/** The way from a node up to the root: RFC 9162's fn and sn. */
class Walk {
  #node: number;
  /** The last node of the same level. */
  #last: number;

  constructor(node: number, last: number) {
    this.#node = node;
    this.#last = last;
  }

  get isAtRoot(): boolean {
    return this.#last === 0;
  }

  /** Up while the node is a right child. */
  climbRight(): void {
    while (this.#node % 2 === 1) this.#climb();
  }

  /** One level up, or as many as the last node has no sibling: whether the next hash stands to the left. */
  isRight(): boolean {
    const isRight = this.#node % 2 === 1 || this.#node === this.#last;
    if (isRight) while (this.#node % 2 === 0 && this.#node !== 0) this.#climb();
    this.#climb();
    return isRight;
  }

  #climb(): void {
    this.#node = Math.floor(this.#node / 2);
    this.#last = Math.floor(this.#last / 2);
  }
}

function isPowerOfTwo(size: number): boolean {
  return largestPowerOfTwo(size) === size;
}

/** The largest power of two that is not above `size`, which is at least 1. */
export function largestPowerOfTwo(size: number): number {
  let power = 1;
  while (power * 2 <= size) power *= 2;
  return power;
}
