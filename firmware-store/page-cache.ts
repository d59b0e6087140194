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

  /** The page, made by `load` when it is not in memory. Where `load` has none, nothing is remembered. */
  page(content: number, pageNumber: number, load: () => Uint8Array | undefined): Uint8Array | undefined {
    const key = content * PAGE_COUNT_MAX + pageNumber;
    const known = this.#pages.get(key);
    if (known !== undefined) return known;
    const page = load();
    if (page !== undefined) this.#pages.set(key, page);
    return page;
  }
}
