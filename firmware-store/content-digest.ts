// The digest of a sealed content, piece by piece, for whoever may wait for the disk: a thread, or a publisher.

import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Secret } from "../src/base/secret.ts";
import { type FileDigest, faultOf, identityOf } from "./file-digest.ts";
import { SEALED_PAGE_LENGTH, unsealPages } from "./sealed-pages.ts";

/** Pages of a piece: a mebibyte, about a millisecond. */
const PIECE_PAGES = 16;

/** Serves every digest of a thread: none of them is in the middle of a piece while another one reads. */
const piece = new Uint8Array(PIECE_PAGES * SEALED_PAGE_LENGTH);

export class ContentDigest {
  readonly #key: Secret;
  readonly #hash = createHash("sha256");
  #handle: number | undefined;
  #identity = "";
  #pages = 0;
  #length = 0;
  /** Undefined until all of the content is read, or until it is clear that it cannot be. */
  result: FileDigest | undefined;

  constructor(path: string, key: Secret) {
    this.#key = key;
    this.#attempt(() => {
      this.#handle = openSync(path, "r");
      this.#identity = identityOf(fstatSync(this.#handle, { bigint: true }));
    });
  }

  /** Reads the next piece. */
  step(): void {
    this.#attempt(() => {
      const sealed = piece.subarray(0, fill(this.#handle!));
      const bytes = unsealPages(this.#key, this.#pages, sealed);
      if (bytes === undefined) return this.#end({ kind: "differs" });
      this.#hash.update(bytes);
      this.#pages += PIECE_PAGES;
      this.#length += bytes.length;
      if (sealed.length === piece.length) return;
      const sha256 = new Uint8Array(this.#hash.digest());
      this.#end({ kind: "digested", identity: this.#identity, length: this.#length, sha256 });
    });
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#end(faultOf(error));
    }
  }

  #end(result: FileDigest): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
    this.result = result;
  }
}

/** The digest of a whole content, at once: about two seconds for each gigabyte. */
export function digestContent(path: string, key: Secret): FileDigest {
  const digest = new ContentDigest(path, key);
  while (digest.result === undefined) digest.step();
  return digest.result;
}

/** Reads until the piece is full or the file ends; gives back how many bytes there were. */
function fill(handle: number): number {
  let done = 0;
  while (done < piece.length) {
    const count = readSync(handle, piece, done, piece.length - done, null);
    if (count === 0) break;
    done += count;
  }
  return done;
}
