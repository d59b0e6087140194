// Publishing: copy, sync, rename to the digest, sync the directory, and only then a row in the index.
//
//   source ──copy, hash──▶ images/publishing ──sync, rename──▶ images/<sha256> ──sync directory──▶ row in firmware.db
//
// A cut before the row leaves the old state and at most a file that no row names; the row is one SQLite transaction.
// The whole way is under the index's write lock, which the system takes from a publisher that dies. So there is one
// publisher at a time, one temporary name is enough, and the next publisher overwrites what a dead one left.

import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { equal } from "../src/base/bytes.ts";
import { IMAGE_LENGTH_MAX } from "../src/firmware/image-length.ts";
import { imageNameFault, imagePath } from "../src/firmware/image-name.ts";
import { StoreError, systemMessage } from "../src/store/store-error.ts";
import type { ImageDisk } from "./image-disk.ts";
import { contentName, type ImageIndex, type ImageRecord } from "./image-index.ts";

const TEMPORARY_NAME = "publishing";
const COPY_LENGTH = 1024 * 1024;

export interface PublishRequest {
  /** Path of the file to publish. */
  readonly file: string;
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
export function publishImage(
  index: ImageIndex,
  disk: ImageDisk,
  imagesDirectory: string,
  request: PublishRequest,
): Publication {
  const nameFault = imageNameFault(request.product, request.version);
  if (nameFault !== undefined) throw new StoreError("imageName", nameFault);
  const source = openSource(request.file);
  try {
    const bytesTotal = sourceLength(source, request.file);
    return index.transaction(() => {
      const temporary = join(imagesDirectory, TEMPORARY_NAME);
      try {
        const content = copyContent(disk, source, temporary, bytesTotal, request);
        return admit(index, disk, imagesDirectory, temporary, { ...request, ...content });
      } catch (error) {
        discard(disk, temporary);
        throw error;
      }
    });
  } finally {
    closeSync(source);
  }
}

function openSource(file: string): number {
  try {
    return openSync(file, "r");
  } catch (error) {
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

interface Content {
  readonly length: number;
  readonly sha256: Uint8Array;
}

function copyContent(
  disk: ImageDisk,
  source: number,
  temporary: string,
  bytesTotal: number,
  { file, onProgress }: PublishRequest,
): Content {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(COPY_LENGTH);
  const target = written(temporary, () => disk.create(temporary));
  try {
    let length = 0;
    for (;;) {
      const piece = buffer.subarray(0, readPiece(source, file, buffer));
      if (piece.length === 0) break;
      length += piece.length;
      checkLength(file, length);
      hash.update(piece);
      written(temporary, () => disk.write(target, piece));
      onProgress?.(length, Math.max(length, bytesTotal));
    }
    checkLength(file, length);
    written(temporary, () => disk.sync(target));
    return { length, sha256: new Uint8Array(hash.digest()) };
  } finally {
    disk.close(target);
  }
}

function readPiece(source: number, file: string, buffer: Uint8Array): number {
  try {
    return readSync(source, buffer);
  } catch (error) {
    throw new StoreError("unreadable", `cannot read ${file}: ${systemMessage(error)}`);
  }
}

function admit(
  index: ImageIndex,
  disk: ImageDisk,
  imagesDirectory: string,
  temporary: string,
  { product, version, length, sha256, publishedAt }: ImageRecord,
): Publication {
  const published = index.find(product, version);
  if (published !== undefined && !equal(published.sha256, sha256)) {
    const what = `${imagePath(product, version)} is published with other bytes`;
    throw new StoreError("imagePublished", `${what}, and devices rely on them: publish under a new version`);
  }
  // Also when the content is there already: if that file was damaged, this one heals it.
  written(imagesDirectory, () => {
    disk.rename(temporary, join(imagesDirectory, contentName(sha256)));
    disk.syncDirectory(imagesDirectory);
  });
  if (published !== undefined) return { created: false, image: published };
  const image = { product, version, length, sha256, publishedAt };
  index.add(image);
  return { created: true, image };
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
