// The content of one image on disk. Its digest is checked before its first byte is served and again whenever the file
// is not the one that was judged, and each page's tag whenever the page is read: a damaged file is told apart from a good
// one, and never yields a byte.

import { type FileHandle, open } from "node:fs/promises";
import { LRUCache } from "lru-cache";
import { equal } from "../src/base/bytes.ts";
import type { Secret } from "../src/base/secret.ts";
import { TAG_LENGTH } from "../src/store/seal.ts";
import type { Digests } from "./digests.ts";
import { type FileDigest, faultOf, identityOf } from "./file-digest.ts";
import { SEALED_PAGE_LENGTH, unsealPage } from "./sealed-pages.ts";

/** Open files kept for the next read; more than are read at a time, so that none is closed while it is read. */
export const OPEN_FILE_COUNT_MAX = 64;

/** File handles by path, the least recently used one closed first. */
export class OpenFiles {
  readonly #handles = new LRUCache<string, Promise<FileHandle>>({
    max: OPEN_FILE_COUNT_MAX,
    dispose: (opening) => void opening.then((handle) => handle.close()).catch(() => {}),
  });

  get size(): number {
    return this.#handles.size;
  }

  /** Rejects with what node:fs throws. */
  handle(path: string): Promise<FileHandle> {
    let opening = this.#handles.get(path);
    if (opening === undefined) {
      opening = open(path, "r");
      this.#handles.set(path, opening);
    }
    return opening;
  }

  close(path: string): void {
    this.#handles.delete(path);
  }

  closeAll(): void {
    this.#handles.clear();
  }
}

/** Why content cannot be served. */
export type ContentDamage = "contentDiffers" | "contentMissing" | "contentUnreadable";

const DAMAGES = { differs: "contentDiffers", missing: "contentMissing", unreadable: "contentUnreadable" } as const;

export class ContentFile {
  readonly path: string;
  readonly #openFiles: OpenFiles;
  readonly #digests: Digests;
  readonly #length: number;
  readonly #sha256: Uint8Array;
  readonly #keyOf: () => Secret | undefined;
  /** What it is sealed under; whoever publishes it anew, to heal it, seals it under another one. */
  #key: Secret | undefined;
  /** The file that the verdict is about; undefined before the first. */
  #judged: string | undefined;
  #damage: ContentDamage | undefined;

  /** `keyOf` gives the key that the content is sealed under now; undefined where no content is stored. */
  constructor(
    openFiles: OpenFiles,
    digests: Digests,
    path: string,
    length: number,
    sha256: Uint8Array,
    keyOf: () => Secret | undefined,
  ) {
    this.#keyOf = keyOf;
    this.#openFiles = openFiles;
    this.#digests = digests;
    this.path = path;
    this.#length = length;
    this.#sha256 = sha256;
  }

  /** Whether the content was found good when the disk was last asked. */
  get sound(): boolean {
    return this.#judged !== undefined && this.#damage === undefined;
  }

  /** What was found wrong when the disk was last asked. */
  get damage(): ContentDamage | undefined {
    return this.#damage;
  }

  /** Reads and digests the whole file: about two seconds for each gigabyte. Throws what `keyOf` throws. */
  async check(): Promise<void> {
    const key = this.#keyOf();
    const found: FileDigest =
      key === undefined ? { kind: "missing" } : await this.#digests.digest(this.path, this.#length, key);
    this.#key = key;
    this.#judged = found.kind === "digested" ? found.identity : undefined;
    this.#damage = this.#damageOf(found);
    // A healed file comes under the same name, so the name is opened anew next time.
    if (this.#damage !== undefined) this.#openFiles.close(this.path);
  }

  /** Fills `target`, which is as long as the page, or says why not; then nothing of it may be used. */
  async read(page: number, target: Uint8Array): Promise<ContentDamage | undefined> {
    try {
      let handle = await this.#openFiles.handle(this.path);
      if (identityOf(await handle.stat({ bigint: true })) !== this.#judged) {
        this.#openFiles.close(this.path);
        await this.check();
        if (this.#damage !== undefined) return this.#damage;
        handle = await this.#openFiles.handle(this.path);
      }
      // Known since the file was judged.
      const key = this.#key!;
      this.#damage = (await readPage(handle, key, page, target)) ? undefined : "contentDiffers";
    } catch (error) {
      this.#damage = DAMAGES[faultOf(error).kind];
    }
    if (this.#damage !== undefined) this.#openFiles.close(this.path);
    return this.#damage;
  }

  #damageOf(found: FileDigest): ContentDamage | undefined {
    if (found.kind !== "digested") return DAMAGES[found.kind];
    const isRight = found.length === this.#length && equal(found.sha256, this.#sha256);
    return isRight ? undefined : "contentDiffers";
  }
}

/** Reads and opens a page; false where it is not what was sealed. A local disk reads less than asked at a file's end alone. */
async function readPage(handle: FileHandle, key: Secret, page: number, target: Uint8Array): Promise<boolean> {
  const tag = new Uint8Array(TAG_LENGTH);
  const { bytesRead } = await handle.readv([target, tag], page * SEALED_PAGE_LENGTH);
  return bytesRead === target.length + TAG_LENGTH && unsealPage(key, page, target, tag);
}
