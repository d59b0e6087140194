// C2SP tlog-tiles: names of tiles, and which of them a tree has.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isTileOf, type Tile, tileAt, tilePath } from "../../src/registry/tile.ts";

const PATHS: readonly (readonly [string, Tile])[] = [
  ["tile/0/000", { level: 0, number: 0, width: 256 }],
  ["tile/0/x001/x234/067", { level: 0, number: 1_234_067, width: 256 }],
  ["tile/2/x001/000.p/17", { level: 2, number: 1_000, width: 17 }],
  ["tile/entries/x999/999.p/255", { level: "entries", number: 999_999, width: 255 }],
];

const tile = suite("tile");

tile("C2SP tlog-tiles: a tile has the path of the specification", () => {
  for (const [path, one] of PATHS) {
    assert.is(tilePath(one), path);
    assert.equal(tileAt(path), one);
  }
});

tile("the longest path fits a resource's 64 characters", () => {
  const path = tilePath({ level: "entries", number: Math.floor(Number.MAX_SAFE_INTEGER / 256), width: 255 });
  assert.ok(`/log/${path}`.length <= 64, path);
  assert.ok(tileAt(path) !== undefined);
});

tile("a path that nobody writes leads to no tile", () => {
  const wrong = [
    "tile",
    "tile/0",
    "tile/0/0",
    "tile/7/000",
    "tile/00/000",
    "tile/-1/000",
    "tile/0/x000/001",
    "tile/0/000/001",
    "tile/0/x001",
    "tile/0/000.p/0",
    "tile/0/000.p/01",
    "tile/0/000.p/256",
    "tile/0/000.p/",
    "tile/0/000.p",
    "tile/0/000/",
    "tile/0/x001/x001/x001/x001/x001/x001/001",
  ];
  for (const path of wrong) assert.is(tileAt(path), undefined, path);
});

tile("C2SP tlog-tiles: a tree of 70,000 has the tiles of the specification's example, and no others", () => {
  const has = (level: Tile["level"], number: number, width: number) => isTileOf({ level, number, width }, 70_000);
  assert.ok(has(0, 272, 256) && has(0, 273, 112) && has(1, 0, 256) && has(1, 1, 17) && has(2, 0, 1));
  assert.ok(has("entries", 273, 112));
  assert.not(has(0, 273, 113) || has(0, 274, 1) || has(1, 1, 18) || has(2, 0, 2) || has(3, 0, 1));
});

tile.run();
