// The trust roots of products, by their numbers: each is kept, and the newest is served.

import { StoreError } from "../store/store-error.ts";
import type { StoreFile } from "../store/store-file.ts";

export class TrustRootTable {
  readonly #file: StoreFile;
  readonly #add;
  readonly #newest;

  constructor(file: StoreFile) {
    this.#file = file;
    this.#add = file.prepare<[string, number, Uint8Array, number]>("INSERT INTO trust_root VALUES (?, ?, ?, ?)");
    this.#newest = file.prepare<[string], { number: number; root: Uint8Array }>(
      "SELECT number, root FROM trust_root WHERE product = ? ORDER BY number DESC LIMIT 1",
    );
  }

  /** COSE_Sign1, of the highest number. */
  newest(product: string): Uint8Array | undefined {
    return this.#file.attempt(() => this.#newest.get(product))?.root;
  }

  /** Inside a transaction. Throws StoreError: releaseOld. */
  add(product: string, number: number, root: Uint8Array, addedAt: number): void {
    const newest = this.#newest.get(product)?.number ?? 0;
    if (number <= newest) {
      const what = `trust root ${number} is not above ${newest}, the newest of ${product}`;
      throw new StoreError("releaseOld", `${what}: devices take higher numbers only, so sign it with ${newest + 1}`);
    }
    this.#add.run(product, number, root, addedAt);
  }
}
