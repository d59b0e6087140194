// What a maker publishes beside a release for people: notes and a bill of materials.

import type { StoreFile } from "../store/store-file.ts";

export type DocumentKind = "notes" | "sbom";

export class DocumentTable {
  readonly #file: StoreFile;
  readonly #add;
  readonly #find;

  constructor(file: StoreFile) {
    this.#file = file;
    this.#add = file.prepare<[Uint8Array, string, Uint8Array]>("INSERT INTO document VALUES (?, ?, ?)");
    this.#find = file.prepare<[Uint8Array, string], { bytes: Uint8Array }>(
      "SELECT bytes FROM document WHERE digest = ? AND kind = ?",
    );
  }

  /** Inside a transaction, under the digest of a release's manifest. */
  add(digest: Uint8Array, kind: DocumentKind, bytes: Uint8Array | undefined): void {
    if (bytes !== undefined) this.#add.run(digest, kind, bytes);
  }

  find(digest: Uint8Array, kind: DocumentKind): Uint8Array | undefined {
    return this.#file.attempt(() => this.#find.get(digest, kind))?.bytes;
  }
}
