// The least that is needed to append to a tree and to say its root: a hash for each perfect subtree that it consists of,
// at most 53 of them, the largest first.

import { assert } from "../base/assert.ts";
import type { TreeHash } from "./tree-hash.ts";

interface Subtree {
  /** It has 2^height leaves. */
  readonly height: number;
  readonly hash: Uint8Array;
}

export class CompactRange {
  readonly #tree: TreeHash;
  readonly #subtrees: Subtree[] = [];
  #size = 0;

  constructor(tree: TreeHash) {
    this.#tree = tree;
  }

  /** Leaves. */
  get size(): number {
    return this.#size;
  }

  /** Appends a perfect subtree of 2^height leaves, 1 when absent; what there is has a multiple of that many. */
  append(hash: Uint8Array, height = 0): void {
    assert(this.#size % 2 ** height === 0, `a subtree of height ${height} at ${this.#size}`);
    this.#size += 2 ** height;
    let subtree: Subtree = { height, hash };
    for (let left = this.#subtrees.at(-1); left?.height === subtree.height; left = this.#subtrees.at(-1)) {
      this.#subtrees.pop();
      subtree = { height: left.height + 1, hash: this.#tree.node(left.hash, subtree.hash) };
    }
    this.#subtrees.push(subtree);
  }

  root(): Uint8Array {
    const last = this.#subtrees.at(-1);
    if (last === undefined) return this.#tree.empty();
    let hash = last.hash;
    for (let i = this.#subtrees.length - 2; i >= 0; i--) hash = this.#tree.node(this.#subtrees[i]!.hash, hash);
    return hash;
  }
}
