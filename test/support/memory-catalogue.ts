// A catalogue of images that lie in memory.

import { createHash } from "node:crypto";
import { copyOf } from "../../src/base/bytes.ts";
import type { Catalogue, CatalogueImage, ContentQuestion, DamagedImage } from "../../src/firmware/catalogue.ts";

export class MemoryImage implements CatalogueImage {
  readonly product: string;
  readonly version: string;
  readonly length: number;
  readonly sha256: Uint8Array;
  /** Told of each block that is cut out of the image. */
  onRead: (offset: number, length: number) => void = () => {};
  /** Bytes of a page; pages that are not here are asked for. All of it is here when absent. */
  pageLength: number | undefined;
  readonly pagesHere = new Set<number>();
  readonly #bytes: Uint8Array;

  constructor(product: string, version: string, bytes: Uint8Array) {
    this.product = product;
    this.version = version;
    this.length = bytes.length;
    this.sha256 = createHash("sha256").update(bytes).digest();
    this.#bytes = copyOf(bytes);
  }

  read(offset: number, length: number): Uint8Array | ContentQuestion {
    const page = this.pageLength && Math.floor(offset / this.pageLength);
    if (page !== undefined && !this.pagesHere.has(page)) return questionOf(this, page);
    this.onRead(offset, length);
    return this.#bytes.subarray(offset, offset + length);
  }
}

function questionOf(image: Pick<CatalogueImage, "product" | "version">, page: number | undefined): ContentQuestion {
  const { product, version } = image;
  return { question: `${product}/${version}#${page}`, product, version, page };
}

export class MemoryCatalogue implements Catalogue {
  readonly #images = new Map<string, CatalogueImage>();
  readonly #damaged = new Map<string, DamagedImage>();
  /** Names of images whose digest has to be checked first. */
  readonly unchecked = new Set<string>();
  listCount = 0;

  publish(product: string, version: string, bytes: Uint8Array): MemoryImage {
    const image = new MemoryImage(product, version, bytes);
    this.#images.set(`${product}/${version}`, image);
    return image;
  }

  damage(product: string, version: string, reason: string): void {
    this.#damaged.set(`${product}/${version}`, { damaged: reason });
  }

  /** What a question asks for is here from now on. */
  fetch({ product, version, page }: ContentQuestion): void {
    const name = `${product}/${version}`;
    if (page === undefined) this.unchecked.delete(name);
    else (this.#images.get(name) as MemoryImage).pagesHere.add(page);
  }

  /** The pages of this image are no longer in memory. */
  evict({ product, version }: ContentQuestion): void {
    (this.#images.get(`${product}/${version}`) as MemoryImage).pagesHere.clear();
  }

  find(product: string, version: string): CatalogueImage | ContentQuestion | DamagedImage | undefined {
    const name = `${product}/${version}`;
    if (this.unchecked.has(name)) return questionOf({ product, version }, undefined);
    return this.#damaged.get(name) ?? this.#images.get(name);
  }

  list(): readonly CatalogueImage[] {
    this.listCount++;
    return [...this.#images.values()];
  }
}
