// The content of one image on disk. Its digest is checked before its first byte is served and again whenever the file
// is not the one that was judged: a damaged file is told apart from a good one, and never yields a byte.

import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { LRUCache } from "lru-cache";
import { equal } from "../src/base/bytes.ts";

/** Open files kept for the next read. */
export const OPEN_FILE_COUNT_MAX = 64;

const PIECE_LENGTH = 1024 * 1024;

/** File handles by path, the least recently used one closed first. */
export class OpenFiles {
  readonly #handles = new LRUCache<string, number>({ max: OPEN_FILE_COUNT_MAX, dispose: closeSync });

  get size(): number {
    return this.#handles.size;
  }

  /** Throws what node:fs throws. */
  handle(path: string): number {
    let handle = this.#handles.get(path);
    if (handle === undefined) {
      handle = openSync(path, "r");
      this.#handles.set(path, handle);
    }
    return handle;
  }

  close(path: string): void {
    this.#handles.delete(path);
  }

  closeAll(): void {
    this.#handles.clear();
  }
}

/** Why content cannot be served. */
export type ContentDamage = "content-differs" | "content-missing" | "content-unreadable";

export class ContentFile {
  readonly path: string;
  readonly #openFiles: OpenFiles;
  readonly #length: number;
  readonly #sha256: Uint8Array;
  /** The file that the verdict is about; undefined before the first. */
  #judged: string | undefined;
  #damage: ContentDamage | undefined;

  constructor(openFiles: OpenFiles, path: string, length: number, sha256: Uint8Array) {
    this.#openFiles = openFiles;
    this.path = path;
    this.#length = length;
    this.#sha256 = sha256;
  }

  /** Whether the content was found good when the disk was last asked. */
  get sound(): boolean {
    return this.#judged !== undefined && this.#damage === undefined;
  }

  /**
   * Asks the disk. Reads and hashes the whole file when it is a new one or was written to since the last verdict
   * (about a second for each gigabyte), and otherwise costs a few microseconds.
   */
  damage(): ContentDamage | undefined {
    try {
      this.#judge(this.#openFiles.handle(this.path));
    } catch (error) {
      this.#judged = undefined;
      this.#damage = isAbsent(error) ? "content-missing" : "content-unreadable";
    }
    this.#leaveDamaged();
    return this.#damage;
  }

  /** Fills `target` with the bytes from `offset` on, or says why not. */
  read(offset: number, target: Uint8Array): ContentDamage | undefined {
    if (this.damage() !== undefined) return this.#damage;
    try {
      if (fill(this.#openFiles.handle(this.path), offset, target) === target.length) return undefined;
      this.#damage = "content-differs";
    } catch {
      this.#damage = "content-unreadable";
    }
    this.#leaveDamaged();
    return this.#damage;
  }

  #judge(handle: number): void {
    const found = identityOf(handle);
    if (found === this.#judged) return;
    this.#damage = this.#hasDigest(handle) ? undefined : "content-differs";
    this.#judged = found;
  }

  /** A healed file comes under the same name, so the name is opened anew next time. */
  #leaveDamaged(): void {
    if (this.#damage !== undefined) this.#openFiles.close(this.path);
  }

  #hasDigest(handle: number): boolean {
    if (fstatSync(handle).size !== this.#length) return false;
    const hash = createHash("sha256");
    const piece = new Uint8Array(Math.min(PIECE_LENGTH, this.#length));
    for (let offset = 0; offset < this.#length; offset += piece.length) {
      hash.update(piece.subarray(0, fill(handle, offset, piece)));
    }
    return equal(hash.digest(), this.#sha256);
  }
}

/** Reads until `target` is full or the file ends; gives back how many bytes there were. */
function fill(handle: number, offset: number, target: Uint8Array): number {
  let done = 0;
  while (done < target.length) {
    const length = readSync(handle, target, done, target.length - done, offset + done);
    if (length === 0) break;
    done += length;
  }
  return done;
}

/** Changes when the path leads to another file and when the file is written to. */
function identityOf(handle: number): string {
  const { dev, ino, size, mtimeNs } = fstatSync(handle, { bigint: true });
  return `${dev} ${ino} ${size} ${mtimeNs}`;
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
