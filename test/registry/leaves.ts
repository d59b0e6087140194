// Leaves and trees for the tests: the eight that everybody uses, and as many made-up ones as are asked for.

import { fromHex, toUtf8 } from "../../src/base/bytes.ts";
import { TILE_WIDTH } from "../../src/registry/tile.ts";
import { TileHash } from "../../src/registry/tile-hash.ts";
import { TileTree } from "../../src/registry/tile-tree.ts";
import { HASH_LENGTH, TreeHash } from "../../src/registry/tree-hash.ts";
import { CRYPTO } from "../support/crypto.ts";

export const TREE = new TreeHash(CRYPTO);

/** The entries of Certificate Transparency's reference tree. */
export const REFERENCE_ENTRIES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((hex) => fromHex(hex)!);

/** Its roots, of no entry and of the first 1 to 8. */
export const REFERENCE_ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
].map((hex) => fromHex(hex)!);

export function leafHashes(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => TREE.leaf(toUtf8(`entry ${i}`)));
}

/** RFC 9162 2.1.1 word by word: MTH over the hashes of leaves. */
export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return TREE.empty();
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return TREE.node(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

/** The tiles of the tree over these leaves, made by the definition of C2SP tlog-tiles. */
export function tilesOf(leaves: readonly Uint8Array[]): TileTree {
  const levels = [leaves];
  while (levels.at(-1)!.length >= TILE_WIDTH) {
    const below = levels.at(-1)!;
    const full = Math.floor(below.length / TILE_WIDTH);
    levels.push(Array.from({ length: full }, (_, i) => naiveRoot(below.slice(i * TILE_WIDTH, (i + 1) * TILE_WIDTH))));
  }
  return new TileTree(TREE, new TileHash(CRYPTO), {
    hashes(level, number, width) {
      const hashes = levels[level]?.slice(number * TILE_WIDTH, (number + 1) * TILE_WIDTH) ?? [];
      if (hashes.length < width) return undefined;
      const bytes = new Uint8Array(hashes.length * HASH_LENGTH);
      for (const [i, hash] of hashes.entries()) bytes.set(hash, i * HASH_LENGTH);
      return bytes;
    },
  });
}

/** `hash` with one bit changed: that of this number, which may go beyond its end. */
export function flipped(hash: Uint8Array, number = 0): Uint8Array {
  const other = hash.slice();
  const bit = number % (8 * hash.length);
  other[bit >> 3]! ^= 1 << (bit & 7);
  return other;
}
