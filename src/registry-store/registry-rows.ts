// The registry's rows: entries, the hashes of their leaves in tiles of 256, and the checkpoints that were signed.

import type { StoreFile } from "../store/store-file.ts";

export interface CheckpointRow {
  readonly number: number;
  readonly size: number;
  readonly root: Uint8Array;
  /** Milliseconds since 1970. */
  readonly signedAt: number;
  /** The log's public key. */
  readonly spki: Uint8Array;
  readonly signature: Uint8Array;
}

/** What a witness has signed of a checkpoint. */
export interface CosignatureRow {
  /** The id of its key: 32 bytes. */
  readonly keyId: Uint8Array;
  /** As it stands in a note, with its newline. */
  readonly line: string;
}

export interface EntryRow {
  readonly number: number;
  readonly bytes: Uint8Array;
}

export class RegistryRows {
  readonly #file: StoreFile;
  readonly #size;
  readonly #addEntry;
  readonly #entries;
  readonly #about;
  readonly #tile;
  readonly #tiles;
  readonly #putTile;
  readonly #checkpoint;
  readonly #addCheckpoint;
  readonly #cosignatures;
  readonly #addCosignature;

  constructor(file: StoreFile) {
    this.#file = file;
    this.#size = file.prepare<[], { size: number }>("SELECT coalesce(max(number) + 1, 0) AS size FROM registry_entry");
    this.#addEntry = file.prepare<[number, Uint8Array, Uint8Array]>("INSERT INTO registry_entry VALUES (?, ?, ?)");
    this.#entries = file.prepare<[number, number], EntryRow>(
      "SELECT number, bytes FROM registry_entry WHERE number >= ? AND number < ? ORDER BY number",
    );
    this.#about = file.prepare<[Uint8Array], EntryRow>(
      "SELECT number, bytes FROM registry_entry WHERE digest = ? ORDER BY number DESC",
    );
    this.#tile = file.prepare<[number], { hashes: Uint8Array }>("SELECT hashes FROM registry_tile WHERE number = ?");
    this.#tiles = file.prepare<[number], { number: number; hashes: Uint8Array }>(
      "SELECT number, hashes FROM registry_tile WHERE number >= ? ORDER BY number",
    );
    this.#putTile = file.prepare<[number, Uint8Array]>("INSERT OR REPLACE INTO registry_tile VALUES (?, ?)");
    this.#checkpoint = file.prepare<[], CheckpointRow>(
      `SELECT number, size, root, signed_at AS signedAt, spki, signature
       FROM registry_checkpoint ORDER BY number DESC LIMIT 1`,
    );
    this.#addCheckpoint = file.prepare<[number, Uint8Array, number, Uint8Array, Uint8Array]>(
      "INSERT INTO registry_checkpoint (size, root, signed_at, spki, signature) VALUES (?, ?, ?, ?, ?)",
    );
    this.#cosignatures = file.prepare<[number], CosignatureRow>(
      "SELECT key_id AS keyId, line FROM registry_cosignature WHERE checkpoint = ? ORDER BY key_id",
    );
    this.#addCosignature = file.prepare<[number, Uint8Array, string]>(
      "INSERT OR IGNORE INTO registry_cosignature VALUES (?, ?, ?)",
    );
  }

  /** How many entries there are. */
  size(): number {
    return this.#file.attempt(() => this.#size.get()!.size);
  }

  addEntry(number: number, digest: Uint8Array, bytes: Uint8Array): void {
    this.#addEntry.run(number, digest, bytes);
  }

  /** Those from `from` up to `end`, which is not among them. */
  entries(from: number, end: number): EntryRow[] {
    return this.#file.attempt(() => this.#entries.all(from, end));
  }

  /** The entries about the record with this digest, the newest first. */
  about(digest: Uint8Array): EntryRow[] {
    return this.#file.attempt(() => this.#about.all(digest));
  }

  /** The hashes of 256 leaves, or of fewer in the last tile. */
  tile(number: number): Uint8Array | undefined {
    return this.#file.attempt(() => this.#tile.get(number)?.hashes);
  }

  tilesFrom(number: number): IterableIterator<{ readonly number: number; readonly hashes: Uint8Array }> {
    return this.#tiles.iterate(number);
  }

  putTile(number: number, hashes: Uint8Array): void {
    this.#putTile.run(number, hashes);
  }

  /** The newest one. */
  checkpoint(): CheckpointRow | undefined {
    return this.#file.attempt(() => this.#checkpoint.get());
  }

  addCheckpoint({ size, root, signedAt, spki, signature }: Omit<CheckpointRow, "number">): void {
    this.#addCheckpoint.run(size, root, signedAt, spki, signature);
  }

  /** Of the checkpoint with this number. */
  cosignatures(number: number): CosignatureRow[] {
    return this.#file.attempt(() => this.#cosignatures.all(number));
  }

  /** A second one of a witness changes nothing. */
  addCosignature(number: number, keyId: Uint8Array, line: string): void {
    this.#file.attempt(() => this.#addCosignature.run(number, keyId, line));
  }
}
