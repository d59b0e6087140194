// An image that is being served: its names, its validators, and its bytes through the page cache.

import { InvariantError } from "../src/base/assert.ts";
import type { ContentQuestion } from "../src/firmware/catalogue.ts";
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

  /** Whether the content was good when the disk was last asked; false until `check` has asked. */
  get sound(): boolean {
    return this.#content.sound;
  }

  /** What was wrong with the content when the disk was last asked. */
  get damage(): ContentDamage | undefined {
    return this.#content.damage;
  }

  /** Asks the disk whether the content is good: all of it is read. */
  check(): Promise<void> {
    return this.#content.check();
  }

  /** What has to be fetched: a page, or for undefined whether the content is good. */
  questionFor(page: number | undefined): ContentQuestion {
    const { product, version } = this;
    const question = page === undefined ? `${product}/${version}` : `${product}/${version}#${page}`;
    return { question, product, version, page };
  }

  /**
   * `length` bytes from `offset` on, both within the image. A view of the cache where one page holds them all: read it at
   * once, for the next page that is fetched may take its place, and do not write to it. A question for the first page that
   * is not in memory; undefined when the content was damaged since it was checked: `damage` then says how.
   */
  read(offset: number, length: number): Uint8Array | ContentQuestion | undefined {
    if (offset < 0 || length < 0 || offset + length > this.length) {
      throw new InvariantError(`${offset}+${length} is outside the image`);
    }
    if (length === 0) return new Uint8Array(0);
    const first = Math.floor(offset / PAGE_LENGTH);
    const start = offset - first * PAGE_LENGTH;
    const page = this.#pages.find(this.#contentNumber, first);
    if (page === undefined) return this.#missing(first);
    if (start + length <= page.length) return new Uint8Array(page.buffer, page.byteOffset + start, length);
    return this.#join(offset, length);
  }

  /** Fetches a page into the cache; where the content turns out damaged, `damage` then says how. */
  async load(pageNumber: number): Promise<void> {
    const page = this.#pages.arrayFor(Math.min(PAGE_LENGTH, this.length - pageNumber * PAGE_LENGTH));
    if ((await this.#content.read(pageNumber, page)) === undefined)
      this.#pages.keep(this.#contentNumber, pageNumber, page);
  }

  #join(offset: number, length: number): Uint8Array | ContentQuestion | undefined {
    const joined = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const pageNumber = Math.floor((offset + done) / PAGE_LENGTH);
      const start = offset + done - pageNumber * PAGE_LENGTH;
      const page = this.#pages.find(this.#contentNumber, pageNumber);
      if (page === undefined) return this.#missing(pageNumber);
      const piece = page.subarray(start, start + length - done);
      joined.set(piece, done);
      done += piece.length;
    }
    return joined;
  }

  #missing(pageNumber: number): ContentQuestion | undefined {
    return this.damage === undefined ? this.questionFor(pageNumber) : undefined;
  }
}
