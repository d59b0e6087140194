// A catalogue of images that lie in memory.

import { createHash } from "node:crypto";
import { copyOf } from "../../src/base/bytes.ts";
import type { Catalogue, CatalogueImage, DamagedImage } from "../../src/firmware/catalogue.ts";

export class MemoryImage implements CatalogueImage {
  readonly product: string;
  readonly version: string;
  readonly length: number;
  readonly sha256: Uint8Array;
  /** Told of each block that is cut out of the image. */
  onRead: (offset: number, length: number) => void = () => {};
  readonly #bytes: Uint8Array;

  constructor(product: string, version: string, bytes: Uint8Array) {
    this.product = product;
    this.version = version;
    this.length = bytes.length;
    this.sha256 = createHash("sha256").update(bytes).digest();
    this.#bytes = copyOf(bytes);
  }

  read(offset: number, length: number): Uint8Array {
    this.onRead(offset, length);
    return this.#bytes.subarray(offset, offset + length);
  }
}

export class MemoryCatalogue implements Catalogue {
  readonly #images = new Map<string, CatalogueImage>();
  readonly #damaged = new Map<string, DamagedImage>();
  listCount = 0;

  publish(product: string, version: string, bytes: Uint8Array): MemoryImage {
    const image = new MemoryImage(product, version, bytes);
    this.#images.set(`${product}/${version}`, image);
    return image;
  }

  damage(product: string, version: string, reason: string): void {
    this.#damaged.set(`${product}/${version}`, { damaged: reason });
  }

  find(product: string, version: string): CatalogueImage | DamagedImage | undefined {
    const name = `${product}/${version}`;
    return this.#damaged.get(name) ?? this.#images.get(name);
  }

  list(): readonly CatalogueImage[] {
    this.listCount++;
    return [...this.#images.values()];
  }
}
