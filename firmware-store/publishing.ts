// Publishing: copy and seal, sync, a data key, rename to the digest, sync the directory, and only then a row in the index.
//
//   source ──hash, seal──▶ images/publishing ──sync, rename──▶ images/<sha256>.sealed ──sync directory──▶ rows in firmware.db
//                                              └ its data key, wrapped, in keys.db
//
// A cut before the rows leaves the old state and at most a file, or a key, that no row names; the rows are one SQLite
// transaction. A content that is there and sound is left as it is: only one that could not be served anyway is replaced, for
// between the rename and the commit the file is sealed under a key that the index does not name.
// The whole way is under the index's write lock, which the system takes from a publisher that dies. So there is one
// publisher at a time, one temporary name is enough, and the next publisher overwrites what a dead one left.

import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { equal } from "../src/base/bytes.ts";
import type { Secret } from "../src/base/secret.ts";
import { IMAGE_LENGTH_MAX } from "../src/firmware/image-length.ts";
import { imageNameFault, imagePath } from "../src/firmware/image-name.ts";
import { type DataKeys, freshDataKey } from "../src/store/data-keys.ts";
import { StoreError, systemMessage } from "../src/store/store-error.ts";
import { digestContent } from "./content-digest.ts";
import type { ImageDisk } from "./image-disk.ts";
import { contentName, type ImageIndex, type ImageRecord } from "./image-index.ts";
import { PAGE_LENGTH } from "./page-cache.ts";
import { sealPages } from "./sealed-pages.ts";

export const TEMPORARY_NAME = "publishing";

/** Pages that are copied at a time: a mebibyte. */
const COPY_PAGES = 16;

/** Where contents go, and what is written down about them. */
export interface ContentPlace {
  readonly index: ImageIndex;
  readonly keys: DataKeys;
  readonly disk: ImageDisk;
  readonly imagesDirectory: string;
}

export interface PublishRequest {
  /** Path of the file to publish; with `bytes`, of the file that they came in. */
  readonly file: string;
  /** What to publish in place of the whole file: what is in memory already need not lie in another file first. */
  readonly bytes?: Uint8Array;
  readonly product: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly publishedAt: number;
  /** Called after each piece of up to 1 MiB. */
  readonly onProgress?: (bytesDone: number, bytesTotal: number) => void;
}

export interface Publication {
  /** False when the same bytes were published under this product and version before. */
  readonly created: boolean;
  readonly image: ImageRecord;
}

/**
 * Publishes a file's bytes; a source that changes meanwhile is published as it was read.
 * Throws StoreError: busy, imageLength, imageName, imagePublished, unreadable, unwritable.
 */
export function publishImage(place: ContentPlace, request: PublishRequest): Publication {
  const { product, version, publishedAt } = request;
  const nameFault = imageNameFault(product, version);
  if (nameFault !== undefined) throw new StoreError("imageName", nameFault);
  return storeContent(place, request, ({ length, sha256 }, admit) => {
    const published = place.index.find(product, version);
    if (published !== undefined && !equal(published.sha256, sha256)) {
      const what = `${imagePath(product, version)} is published with other bytes`;
      throw new StoreError("imagePublished", `${what}, and devices rely on them: publish under a new version`);
    }
    admit();
    if (published !== undefined) return { created: false, image: published };
    const image = { product, version, length, sha256, publishedAt };
    place.index.add(image);
    return { created: true, image };
  });
}

/**
 * Seals the bytes of a file, and lets `decide` say in the same transaction what becomes of them: it calls `admit` to have
 * them stored. What it does not admit, or throws at, leaves nothing.
 */
export function storeContent<Value>(
  { index, keys, disk, imagesDirectory }: ContentPlace,
  from: ContentSource,
  decide: (content: Content, admit: () => void) => Value,
): Value {
  const source = openSource(from);
  try {
    return index.transaction(() => {
      const temporary = join(imagesDirectory, TEMPORARY_NAME);
      const key = freshDataKey();
      let isAdmitted = false;
      try {
        const content = copyContent(disk, source, temporary, key);
        return decide(content, () => {
          isAdmitted = admitContent({ index, keys, disk, imagesDirectory }, temporary, content, key);
        });
      } finally {
        key.wipe();
        if (!isAdmitted) discard(disk, temporary);
      }
    });
  } finally {
    source.close();
  }
}

type ContentSource = Pick<PublishRequest, "bytes" | "file" | "onProgress">;

interface Source extends ContentSource {
  /** As far as it is known before it is read. */
  readonly length: number;
  /** Fills `target` with the bytes from `at` on; gives back how many there were. Throws what node:fs throws. */
  read(target: Uint8Array, at: number): number;
  close(): void;
}

function openSource(from: ContentSource): Source {
  const { bytes, file } = from;
  if (bytes === undefined) return openFile(from);
  checkLength(file, bytes.length);
  const read = (target: Uint8Array, at: number) => {
    const piece = bytes.subarray(at, at + target.length);
    target.set(piece);
    return piece.length;
  };
  return { ...from, length: bytes.length, read, close: () => {} };
}

function openFile(from: ContentSource): Source {
  const { file } = from;
  try {
    const handle = openSync(file, "r");
    try {
      const length = sourceLength(handle, file);
      return { ...from, length, read: (target) => readSync(handle, target), close: () => closeSync(handle) };
    } catch (error) {
      closeSync(handle);
      throw error;
    }
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError("unreadable", `cannot read ${file}: ${systemMessage(error)}`);
  }
}

function sourceLength(source: number, file: string): number {
  const stat = fstatSync(source);
  if (!stat.isFile()) throw new StoreError("unreadable", `${file} is not a regular file: name the image's file`);
  checkLength(file, stat.size);
  return stat.size;
}

function checkLength(file: string, length: number): void {
  if (length === 0) throw new StoreError("imageLength", `${file} is empty: name the image's file`);
  if (length > IMAGE_LENGTH_MAX) {
    const limit = `${IMAGE_LENGTH_MAX} bytes (2^20 blocks of 1024 bytes, RFC 7959 2.2)`;
    throw new StoreError("imageLength", `${file} has ${length} bytes, and devices can ask for ${limit}: split it`);
  }
}

export interface Content {
  readonly length: number;
  readonly sha256: Uint8Array;
}

/** Seals the source into the temporary file: no byte of it is on the disk in clear. */
function copyContent(disk: ImageDisk, source: Source, temporary: string, key: Secret): Content {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(COPY_PAGES * PAGE_LENGTH);
  const target = written(temporary, () => disk.create(temporary));
  try {
    let length = 0;
    for (let page = 0; ; page += COPY_PAGES) {
      const piece = buffer.subarray(0, readPiece(source, buffer, length));
      if (piece.length === 0) break;
      length += piece.length;
      checkLength(source.file, length);
      hash.update(piece);
      written(temporary, () => disk.write(target, sealPages(key, page, piece)));
      source.onProgress?.(length, Math.max(length, source.length));
      if (piece.length < buffer.length) break;
    }
    checkLength(source.file, length);
    written(temporary, () => disk.sync(target));
    return { length, sha256: new Uint8Array(hash.digest()) };
  } finally {
    disk.close(target);
  }
}

/** Fills the buffer, so that whole pages are sealed, unless the file ends before. */
function readPiece(source: Source, buffer: Uint8Array, at: number): number {
  try {
    let done = 0;
    while (done < buffer.length) {
      const count = source.read(buffer.subarray(done), at + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  } catch (error) {
    throw new StoreError("unreadable", `cannot read ${source.file}: ${systemMessage(error)}`);
  }
}

/** False where the content is there already, sound: then the copy is of no use. */
function admitContent(place: ContentPlace, temporary: string, content: Content, key: Secret): boolean {
  const { index, keys, disk, imagesDirectory } = place;
  const path = join(imagesDirectory, contentName(content.sha256));
  if (isSound(place, path, content)) return false;
  const number = keys.add("image", key);
  written(imagesDirectory, () => {
    disk.rename(temporary, path);
    disk.syncDirectory(imagesDirectory);
  });
  index.putDataKey(content.sha256, number);
  return true;
}

function isSound(place: ContentPlace, path: string, { length, sha256 }: Content): boolean {
  const key = keyOf(place, sha256);
  if (key === undefined) return false;
  const found = digestContent(path, key);
  key.wipe();
  return found.kind === "digested" && found.length === length && equal(found.sha256, sha256);
}

/** Undefined also where the key is lost: then this publication heals what was sealed under it. */
function keyOf({ index, keys }: ContentPlace, sha256: Uint8Array): Secret | undefined {
  const number = index.dataKeyOf(sha256);
  try {
    return number === undefined ? undefined : keys.find(number, "image");
  } catch (error) {
    if (error instanceof StoreError && error.code === "damaged") return undefined;
    throw error;
  }
}

function written<Value>(path: string, step: () => Value): Value {
  try {
    return step();
  } catch (error) {
    throw new StoreError("unwritable", `cannot write ${path}: ${systemMessage(error)}`);
  }
}

function discard(disk: ImageDisk, temporary: string): void {
  try {
    disk.remove(temporary);
  } catch {
    // The error that brought us here says more; the next publisher overwrites the file.
  }
}
