// Contents of the first format, which lay in the directory of images in clear, under their digests. Whoever opens such a
// store first seals them, each in a transaction of its own: a cut leaves a content in clear or sealed, or both, and the next
// one goes on.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { equal, fromHex } from "../src/base/bytes.ts";
import { StoreError, systemMessage } from "../src/store/store-error.ts";
import { type ContentPlace, storeContent, TEMPORARY_NAME } from "./publishing.ts";

/** A digest in hex digits, without the ending that a sealed content has. */
const PLAIN_NAME = /^[0-9a-f]{64}$/;

/** Throws StoreError: busy, unwritable. */
export function sealPlainContents(place: ContentPlace): void {
  const names = readdirSync(place.imagesDirectory).filter((name) => PLAIN_NAME.test(name));
  if (names.length === 0) return;
  for (const name of names) sealPlainContent(place, name);
  // A publisher of the first format that died has left a copy in clear.
  place.index.transaction(() => remove(place, TEMPORARY_NAME));
}

/** A content that is not what its name says stays as it is: nobody can serve it, and to publish it anew heals it. */
function sealPlainContent(place: ContentPlace, name: string): void {
  const { index, imagesDirectory } = place;
  const sha256 = fromHex(name)!;
  const isSealed = () => index.dataKeyOf(sha256) !== undefined;
  if (index.names(sha256) && !isSealed()) sealWhole(place, join(imagesDirectory, name), sha256);
  index.transaction(() => {
    // What no image has, a cut has left; it comes again when it is published again.
    if (!index.names(sha256) || isSealed()) remove(place, name);
  });
}

function sealWhole(place: ContentPlace, path: string, sha256: Uint8Array): void {
  try {
    storeContent(place, { file: path }, (content, admit) => {
      if (equal(content.sha256, sha256)) admit();
    });
  } catch (error) {
    const isDamaged = error instanceof StoreError && ["imageLength", "unreadable"].includes(error.code);
    if (!isDamaged) throw error;
  }
}

function remove({ disk, imagesDirectory }: ContentPlace, name: string): void {
  const path = join(imagesDirectory, name);
  try {
    disk.remove(path);
    disk.syncDirectory(imagesDirectory);
  } catch (error) {
    throw new StoreError("unwritable", `cannot remove ${path}, which is not sealed: ${systemMessage(error)}`);
  }
}
