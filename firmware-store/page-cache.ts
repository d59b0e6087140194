// Pages of image contents in memory, bounded in bytes, the least recently used one dropped first: an image larger
// than memory is served as well as a small one.

import { LRUCache } from "lru-cache";
import { PAGE_LOADS_MAX } from "./page-loads.ts";

export const PAGE_LENGTH = 64 * 1024;

/** Arrays of dropped pages that wait for the next ones: as many as are read from disk at a time. */
const DROPPED_MAX = PAGE_LOADS_MAX;

/** More than the pages of the longest image, 2^14, so that numbers of two images never meet. */
const PAGE_COUNT_MAX = 2 ** 15;

export class PageCache {
  readonly #pages: LRUCache<number, Uint8Array>;
  /** Whole pages only; garbage of this size is collected late, and there would be a load of it. */
  readonly #dropped: Uint8Array[] = [];
  #contentCount = 0;

  /** Keeps at most `bytesMax` bytes of pages. */
  constructor(bytesMax: number) {
    this.#pages = new LRUCache({
      maxSize: bytesMax,
      sizeCalculation: (page) => page.length,
      dispose: (page) => this.#drop(page),
    });
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#pages.calculatedSize;
  }

  /** A number for a content, to name its pages with. */
  register(): number {
    return this.#contentCount++;
  }

  /** An array for a page that is to be read: that of a page that was dropped, if there is one. */
  arrayFor(length: number): Uint8Array {
    return (length === PAGE_LENGTH ? this.#dropped.pop() : undefined) ?? new Uint8Array(length);
  }

  /** The page, if it is in memory: valid until another one is kept, which may drop it. */
  find(content: number, pageNumber: number): Uint8Array | undefined {
    return this.#pages.get(content * PAGE_COUNT_MAX + pageNumber);
  }

  keep(content: number, pageNumber: number, page: Uint8Array): void {
    this.#pages.set(content * PAGE_COUNT_MAX + pageNumber, page);
  }

  #drop(page: Uint8Array): void {
    if (page.length === PAGE_LENGTH && this.#dropped.length < DROPPED_MAX) this.#dropped.push(page);
  }
}
