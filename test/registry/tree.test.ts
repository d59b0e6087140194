// RFC 9162 2.1: the tree, its proofs, and the two algorithms that check them. All sizes up to 300 take half a minute; without
// NARROWBOAT_FULL_REGISTRY the sizes are those up to 40 and some beyond, around what tiles and powers of two end at.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { equal } from "../../src/base/bytes.ts";
import { CompactRange } from "../../src/registry/compact-range.ts";
import { isConsistent, rootByInclusion } from "../../src/registry/proof-check.ts";
import { flipped, leafHashes, naiveRoot, REFERENCE_ENTRIES, REFERENCE_ROOTS, TREE, tilesOf } from "./leaves.ts";

const SIZE_MAX = 300;
const IS_FULL = process.env["NARROWBOAT_FULL_REGISTRY"] === "1";

/** Around where a tile of 256 and the powers of two end. */
const EDGES = [63, 64, 65, 127, 128, 129, 255, 256, 257, 258, 299, 300];

const SIZES = Array.from({ length: SIZE_MAX + 1 }, (_, size) => size).filter(
  (size) => IS_FULL || size <= 24 || EDGES.includes(size),
);

const LEAVES = leafHashes(SIZE_MAX);
const ROOTS = Array.from({ length: SIZE_MAX + 1 }, (_, size) => naiveRoot(LEAVES.slice(0, size)));
const TILES = tilesOf(LEAVES);

const tree = suite("Merkle tree");

tree("the reference tree of Certificate Transparency has its nine roots, from no entry to eight", () => {
  const range = new CompactRange(TREE);
  assert.equal(range.root(), REFERENCE_ROOTS[0]);
  for (const [i, entry] of REFERENCE_ENTRIES.entries()) {
    range.append(TREE.leaf(entry));
    assert.equal(range.root(), REFERENCE_ROOTS[i + 1], `${i + 1} entries`);
    assert.equal(tilesOf(REFERENCE_ENTRIES.map((one) => TREE.leaf(one))).root(i + 1), REFERENCE_ROOTS[i + 1]);
  }
});

tree("RFC 9162 2.1.1: what appends and what reads tiles have the root of the definition at every size", () => {
  const range = new CompactRange(TREE);
  for (let size = 0; size <= SIZE_MAX; size++) {
    assert.equal(range.size, size);
    assert.equal(range.root(), ROOTS[size], `${size} leaves appended`);
    assert.equal(TILES.root(size), ROOTS[size], `${size} leaves in tiles`);
    if (size < SIZE_MAX) range.append(LEAVES[size]!);
  }
});

tree("a tree that grew by whole tiles is that which grew by leaves", () => {
  const range = new CompactRange(TREE);
  range.append(ROOTS[256]!, 8);
  for (const leaf of LEAVES.slice(256)) range.append(leaf);
  assert.equal(range.root(), ROOTS[SIZE_MAX]);
});

tree("RFC 9162 2.1.3.2: each leaf of each tree is proven, and its path leads another leaf or index elsewhere", () => {
  for (const size of SIZES) {
    for (let index = 0; index < size; index++) {
      const path = TILES.inclusion(index, size);
      const leaf = LEAVES[index]!;
      assert.ok(path.length <= Math.ceil(Math.log2(size)), `${index} of ${size}`);
      assert.equal(rootByInclusion(TREE, leaf, index, size, path), ROOTS[size], `${index} of ${size}`);
      assert.not(provesRoot(flipped(leaf), index, size, path), `another leaf at ${index} of ${size}`);
      if (size > 1) assert.not(provesRoot(leaf, (index + 1) % size, size, path), `another index, ${index} of ${size}`);
      assert.not(provesRoot(leaf, index, size, [...path, leaf]), `a hash too many, ${index} of ${size}`);
      if (path.length > 0) assert.not(provesRoot(leaf, index, size, path.slice(1)), `one too few, ${index} of ${size}`);
    }
  }
});

tree("RFC 9162 2.1.3.2: a path with any hash of it changed proves nothing", () => {
  for (const size of [2, 7, 8, 255, 257, 300]) {
    for (const index of [0, size >> 1, size - 1]) {
      const path = TILES.inclusion(index, size);
      for (const at of path.keys()) {
        const broken = path.map((hash, i) => (i === at ? flipped(hash, 37 * at) : hash));
        assert.not(provesRoot(LEAVES[index]!, index, size, broken), `hash ${at}, ${index} of ${size}`);
      }
    }
  }
});

tree("RFC 9162 2.1.4.2: each tree goes on from each smaller one, and from no other", () => {
  for (const size of SIZES) {
    for (const older of SIZES.filter((one) => one <= size)) {
      const proof = TILES.consistency(older, size);
      const [from, to] = [headOf(older), headOf(size)];
      assert.ok(isConsistent(TREE, from, to, proof), `${older} to ${size}`);
      const other = { size: older, root: flipped(from.root) };
      assert.not(isConsistent(TREE, other, to, proof), `from another, ${older} to ${size}`);
      // Of nothing anything can be made.
      if (older === 0) continue;
      assert.not(isConsistent(TREE, from, { size, root: flipped(to.root) }, proof), `to another, ${older} to ${size}`);
      assert.not(isConsistent(TREE, from, to, [...proof, from.root]), `a hash too many, ${older} to ${size}`);
      if (proof.length > 0)
        assert.not(isConsistent(TREE, from, to, proof.slice(1)), `one too few, ${older} to ${size}`);
    }
  }
});

tree("RFC 9162 2.1.4.2: a proof with any hash of it changed shows nothing", () => {
  for (const [older, size] of [
    [1, 2],
    [3, 7],
    [6, 8],
    [128, 300],
    [255, 257],
  ] as const) {
    const proof = TILES.consistency(older, size);
    for (const at of proof.keys()) {
      const broken = proof.map((hash, i) => (i === at ? flipped(hash, 37 * at) : hash));
      assert.not(isConsistent(TREE, headOf(older), headOf(size), broken), `hash ${at}, ${older} to ${size}`);
    }
  }
});

tree("a smaller tree never goes on from a larger one", () => {
  assert.not(isConsistent(TREE, headOf(8), headOf(7), TILES.consistency(7, 8)));
});

tree("sizes beyond what bit operators can do have paths of the right length", () => {
  const size = 2 ** 50 + 1;
  const path = Array.from({ length: 50 }, () => LEAVES[0]!);
  assert.ok(rootByInclusion(TREE, LEAVES[0]!, 2 ** 33 + 5, size, [...path, LEAVES[1]!]) !== undefined);
  assert.is(rootByInclusion(TREE, LEAVES[0]!, 2 ** 33 + 5, size, path), undefined);
  assert.ok(rootByInclusion(TREE, LEAVES[0]!, 2 ** 50, size, [LEAVES[1]!]) !== undefined);
});

function headOf(size: number) {
  return { size, root: ROOTS[size]! };
}

function provesRoot(leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): boolean {
  const root = rootByInclusion(TREE, leaf, index, size, path);
  return root !== undefined && equal(root, ROOTS[size]!);
}

tree.run();
