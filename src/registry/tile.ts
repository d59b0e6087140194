// Tiles (C2SP tlog-tiles): the tree cut into pieces of 256 hashes. Level 0 has the hashes of leaves; a hash of a level above
// is the root of a full tile of the level below. Full tiles never change.

import { HASH_LENGTH } from "./tree-hash.ts";

/** Hashes of a full tile. */
export const TILE_WIDTH = 256;

export const TILE_LENGTH = TILE_WIDTH * HASH_LENGTH;

export interface Tile {
  readonly level: number | "entries";
  readonly number: number;
  /** 1 to 256 hashes, or entries. */
  readonly width: number;
}

/** How many hashes stand at `level` in the tree of `size` leaves. */
export function hashCount(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** Whether the tree of `size` leaves has this tile, in this width or wider. */
export function isTileOf({ level, number, width }: Tile, size: number): boolean {
  return number * TILE_WIDTH + width <= hashCount(level === "entries" ? 0 : level, size);
}

/** `tile/<L>/<N>[.p/<W>]`: what stands behind a log's prefix. */
export function tilePath({ level, number, width }: Tile): string {
  const groups = [String(number % 1000).padStart(3, "0")];
  for (let rest = Math.floor(number / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  return `tile/${level}/${groups.join("/")}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/** The tile whose path it is; undefined for anything that tilePath does not write. */
export function tileAt(path: string): Tile | undefined {
  const match = /^tile\/(entries|[0-6])\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (match === null) return undefined;
  const [, level, groups, width] = match;
  const tile: Tile = {
    level: level === "entries" ? "entries" : Number(level),
    number: Number(groups!.replace(/[x/]/g, "")),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  // Zeros in front of the number, and a width of a full tile or more.
  return tilePath(tile) === path && tile.width <= TILE_WIDTH ? tile : undefined;
}
