// An image that is being served: its names, its validators, and its bytes through the page cache.

import { InvariantError } from "../src/base/assert.ts";
import { etagOf } from "../src/firmware/image-etag.ts";
import type { ContentDamage, ContentFile } from "./content-file.ts";
import type { ImageRecord } from "./image-index.ts";
import { PAGE_LENGTH, type PageCache } from "./page-cache.ts";

export class FirmwareImage implements ImageRecord {
  readonly product: string;
  readonly version: string;
  readonly length: number;
  readonly sha256: Uint8Array;
  readonly publishedAt: number;
  readonly etag: Uint8Array;
  /** RFC 7252 12.3: application/octet-stream. */
  readonly contentFormat = 42;
  readonly #content: ContentFile;
  readonly #pages: PageCache;
  readonly #contentNumber: number;

  constructor(record: ImageRecord, content: ContentFile, pages: PageCache) {
    this.product = record.product;
    this.version = record.version;
    this.length = record.length;
    this.sha256 = record.sha256;
    this.publishedAt = record.publishedAt;
    this.etag = etagOf(record.sha256);
    this.#content = content;
    this.#pages = pages;
    this.#contentNumber = pages.register();
  }

  /** Whether the content was good when the disk was last asked; false until `damage` has asked. */
  get sound(): boolean {
    return this.#content.sound;
  }

  /** Asks the disk whether the content is good. */
  damage(): ContentDamage | undefined {
    return this.#content.damage();
  }

  /**
   * `length` bytes from `offset` on, both within the image. A view of the cache where one page holds them all: read it,
   * do not write to it. Undefined when the content was damaged since it was opened; `damage` then says how.
   */
  read(offset: number, length: number): Uint8Array | undefined {
    if (offset < 0 || length < 0 || offset + length > this.length) {
      throw new InvariantError(`${offset}+${length} is outside the image`);
    }
    if (length === 0) return new Uint8Array(0);
    const first = Math.floor(offset / PAGE_LENGTH);
    const start = offset - first * PAGE_LENGTH;
    const page = this.#page(first);
    if (page === undefined) return undefined;
    if (start + length <= page.length) return page.subarray(start, start + length);
    return this.#join(offset, length);
  }

  #join(offset: number, length: number): Uint8Array | undefined {
    const joined = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const pageNumber = Math.floor((offset + done) / PAGE_LENGTH);
      const start = offset + done - pageNumber * PAGE_LENGTH;
      const piece = this.#page(pageNumber)?.subarray(start, start + length - done);
      if (piece === undefined) return undefined;
      joined.set(piece, done);
      done += piece.length;
    }
    return joined;
  }

  #page(pageNumber: number): Uint8Array | undefined {
    return this.#pages.find(this.#contentNumber, pageNumber) ?? this.#load(pageNumber);
  }

  #load(pageNumber: number): Uint8Array | undefined {
    const offset = pageNumber * PAGE_LENGTH;
    const page = new Uint8Array(Math.min(PAGE_LENGTH, this.length - offset));
    if (this.#content.read(offset, page) !== undefined) return undefined;
    this.#pages.keep(this.#contentNumber, pageNumber, page);
    return page;
  }
}
