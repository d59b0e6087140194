// Stores for a server in a test: keys and one image, in memory.

import { toHex } from "../../src/base/bytes.ts";
import { Secret } from "../../src/base/secret.ts";
import type { CatalogueImage } from "../../src/firmware/catalogue.ts";
import type { ImageSource } from "../../src/shell/image-watch.ts";
import type { KeySource } from "../../src/shell/key-watch.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";

export class MemoryKeys implements KeySource {
  readonly #keys = new Map<string, Secret>();
  readonly #journal: Uint8Array[] = [];
  #removed: Uint8Array[] = [];
  /** As if more had been removed than the journal holds. */
  pruned = false;

  add(identity: Uint8Array, key: Uint8Array): this {
    this.#keys.set(toHex(identity), new Secret(key));
    return this;
  }

  remove(identity: Uint8Array): void {
    this.#keys.delete(toHex(identity));
    this.#removed.push(identity);
    this.#journal.push(identity);
  }

  get removal(): number {
    return this.#journal.length;
  }

  removedSince(removal: number): readonly Uint8Array[] | "journalPruned" {
    return this.pruned ? "journalPruned" : this.#journal.slice(removal);
  }

  lookUp(identity: Uint8Array): { key: Secret; shared: boolean } | undefined {
    const key = this.#keys.get(toHex(identity));
    return key && { key, shared: false };
  }

  refresh(): readonly Uint8Array[] | "journalPruned" {
    if (this.pruned) return "journalPruned";
    const removed = this.#removed;
    this.#removed = [];
    return removed;
  }
}

/** Serves one image as `/fw/boat/1.0`. */
export class MemoryImages implements ImageSource {
  readonly bytes: Uint8Array;
  readonly #image: CatalogueImage;

  constructor(length: number) {
    const bytes = sampleBytes(1, length);
    this.bytes = bytes;
    this.#image = {
      product: "boat",
      version: "1.0",
      length,
      sha256: new Uint8Array(32),
      read: (offset, count) => bytes.subarray(offset, offset + count),
    };
  }

  find(product: string, version: string): CatalogueImage | undefined {
    return product === "boat" && version === "1.0" ? this.#image : undefined;
  }

  list(): readonly CatalogueImage[] {
    return [this.#image];
  }

  refresh(): boolean {
    return false;
  }

  /** All of it is in memory. */
  async fetch(): Promise<void> {}

  async checkAll(): Promise<void> {}
}
