// Pages of image contents in memory, bounded in bytes, the least recently used one dropped first: an image larger
// than memory is served as well as a small one.

import { LRUCache } from "lru-cache";

export const PAGE_LENGTH = 64 * 1024;

/** More than the pages of the longest image, 2^14, so that numbers of two images never meet. */
const PAGE_COUNT_MAX = 2 ** 15;

export class PageCache {
  readonly #pages: LRUCache<number, Uint8Array>;
  #contentCount = 0;

  /** Keeps at most `bytesMax` bytes of pages. */
  constructor(bytesMax: number) {
    this.#pages = new LRUCache({ maxSize: bytesMax, sizeCalculation: (page) => page.length });
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#pages.calculatedSize;
  }

  /** A number for a content, to name its pages with. */
  register(): number {
    return this.#contentCount++;
  }

  /** The page, if it is in memory. */
  find(content: number, pageNumber: number): Uint8Array | undefined {
    return this.#pages.get(content * PAGE_COUNT_MAX + pageNumber);
  }

  keep(content: number, pageNumber: number, page: Uint8Array): void {
    this.#pages.set(content * PAGE_COUNT_MAX + pageNumber, page);
  }
}
