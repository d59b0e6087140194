// The registry: entries are added in the transaction of the decision that they are about, and checkpoints are signed of what
// was committed. Whatever does not fit what was signed before makes it refuse to write: it never signs two histories.

import { assert } from "../base/assert.ts";
import { concat, equal, toUtf8 } from "../base/bytes.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { SigningKey } from "../crypto/signature.ts";
import { checkpointText, logKeyOf } from "../registry/checkpoint.ts";
import { type EntryKind, encodeEntry, recordsDigest } from "../registry/log-entry.ts";
import type { NoteKey } from "../registry/note-key.ts";
import { TILE_WIDTH } from "../registry/tile.ts";
import { HASH_LENGTH } from "../registry/tree-hash.ts";
import { StoreError } from "../store/store-error.ts";
import type { StoreFile } from "../store/store-file.ts";
import { type CheckpointRow, RegistryRows } from "./registry-rows.ts";
import { RegistryTree } from "./registry-tree.ts";
import { SignedHead } from "./signed-head.ts";

/** A checkpoint is signed at most once in this time: thousands of entries cost one signature. */
export const CHECKPOINT_INTERVAL_MS = 60_000;

export interface Decision {
  readonly kind: EntryKind;
  /** What was decided, in the store's own bytes: one record, or all of a batch. */
  readonly records: readonly Uint8Array[];
  /** The pseudonym of the device that it is about. */
  readonly device?: Uint8Array;
}

export type Signing =
  /** All entries are in this one. */
  | { readonly kind: "signed"; readonly checkpoint: CheckpointRow }
  /** The last checkpoint is not a minute old: again in `waitMs`. */
  | { readonly kind: "tooSoon"; readonly waitMs: number }
  /** There is no entry yet. */
  | { readonly kind: "empty" };

export class Registry {
  readonly rows: RegistryRows;
  readonly tree: RegistryTree;
  readonly #file: StoreFile;
  readonly #crypto: CryptoProvider;
  readonly #head: SignedHead;
  #fault: string | undefined;

  /**
   * The registry in an open file: its root is computed from the hashes of its leaves, about a second for a million, and
   * compared with what was signed last. Throws StoreError: unreadable, and what the file's rows may throw.
   */
  static open(file: StoreFile, crypto: CryptoProvider): Registry {
    const registry = new Registry(file, crypto);
    registry.#fault = registry.#check();
    return registry;
  }

  private constructor(file: StoreFile, crypto: CryptoProvider) {
    this.#file = file;
    this.#crypto = crypto;
    this.rows = new RegistryRows(file);
    this.tree = new RegistryTree(file, this.rows, crypto);
    this.#head = new SignedHead(file.path);
  }

  /** Why nothing can be added or signed; undefined when it can. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /**
   * Adds an entry for each decision, at `now` in milliseconds since 1970; gives back the number of the first. Inside the
   * transaction that writes the decisions: they are all there afterwards, or none is. Throws StoreError: registryBroken.
   */
  append(decisions: readonly Decision[], now: number): number {
    this.#refuseBroken();
    const first = this.rows.size();
    const time = Math.floor(now / 1000);
    let tileNumber = Math.floor(first / TILE_WIDTH);
    const begun = first % TILE_WIDTH === 0 ? undefined : this.rows.tile(tileNumber);
    if ((begun?.length ?? 0) !== (first % TILE_WIDTH) * HASH_LENGTH) this.#breakOff("the last hashes are missing");
    let hashes: Uint8Array[] = begun === undefined ? [] : [begun];
    for (const [i, { kind, records, device }] of decisions.entries()) {
      const number = first + i;
      const digest = recordsDigest(this.#crypto, records);
      const batch = records.length === 1 ? {} : { count: records.length };
      const entry = encodeEntry({ kind, time, digest, ...batch, ...(device === undefined ? {} : { device }) });
      this.rows.addEntry(number, digest, entry);
      hashes.push(this.tree.hash.leaf(entry));
      if ((number + 1) % TILE_WIDTH !== 0) continue;
      this.rows.putTile(tileNumber++, concat(...hashes));
      hashes = [];
    }
    if (hashes.length > 0) this.rows.putTile(tileNumber, concat(...hashes));
    return first;
  }

  /**
   * Signs a checkpoint of all entries that are committed, at `now` in milliseconds since 1970, unless there is one or the last
   * is too young. Whoever has the file's write lock is the one who signs; a signature leaves this process after the commit.
   * Throws StoreError: key, registryBroken, unwritable, and what the file's rows may throw.
   */
  sign(key: SigningKey, now: number): Signing {
    const logKey = logKeyOf(key);
    if (logKey === undefined)
      throw new StoreError("key", "the registry's key is not Ed25519: narrowboat keygen makes one");
    return this.#file.transaction(() => {
      this.#refuseBroken();
      const size = this.rows.size();
      const last = this.rows.checkpoint();
      if (size === 0) return { kind: "empty" };
      if (last?.size === size && equal(last.spki, key.spki)) return { kind: "signed", checkpoint: last };
      const age = last === undefined ? CHECKPOINT_INTERVAL_MS : now - last.signedAt;
      // A clock that was put back is no reason to wait for years.
      if (age >= 0 && age < CHECKPOINT_INTERVAL_MS) return { kind: "tooSoon", waitMs: CHECKPOINT_INTERVAL_MS - age };
      const fault = this.#check();
      if (fault !== undefined) this.#breakOff(fault);
      return { kind: "signed", checkpoint: this.#signNow(key, logKey, size, now) };
    });
  }

  #signNow(key: SigningKey, { name: origin }: NoteKey, size: number, signedAt: number): CheckpointRow {
    const root = this.tree.root(size);
    const signature = key.sign(toUtf8(checkpointText({ origin, size, root })));
    // Before the commit that shows it to anybody.
    this.#head.write({ origin, size, root });
    this.rows.addCheckpoint({ size, root, signedAt, spki: key.spki, signature });
    const row = this.rows.checkpoint();
    assert(row?.size === size, "what was written is there");
    return row;
  }

  /** What does not fit, in words. */
  #check(): string | undefined {
    const size = this.rows.size();
    const unread = this.tree.catchUp(size);
    if (unread !== undefined) return unread;
    const head = this.#head.read();
    if (head === "damaged") return `${this.#head.path} is damaged`;
    if (head !== undefined && head.size > size) return `${size} entries are there, and ${head.size} were signed`;
    if (head !== undefined && !this.tree.has(head))
      return `the first ${head.size} entries are not those that were signed`;
    const last = this.rows.checkpoint();
    if (last === undefined) return undefined;
    if (last.size > size) return `${size} entries are there, and ${last.size} were signed`;
    if (!this.tree.has(last)) return `the first ${last.size} entries are not those that were signed`;
    return this.#isSigned(last) ? undefined : "the last checkpoint's signature is wrong";
  }

  #isSigned({ size, root, spki, signature }: CheckpointRow): boolean {
    const key = this.#crypto.verificationKey(spki);
    const logKey = key === undefined ? undefined : logKeyOf(key);
    if (key === undefined || logKey === undefined) return false;
    return key.verify(toUtf8(checkpointText({ origin: logKey.name, size, root })), signature);
  }

  /**
   * Compares entries with the hashes of their leaves, a tile at each step: for whoever has time after the start. Ends at the
   * first that differs, and from then on the registry refuses to write.
   */
  *checkEntries(): Generator<void, void> {
    for (let from = 0; from < this.rows.size(); from += TILE_WIDTH) {
      const fault = this.#checkTile(from);
      if (fault !== undefined) {
        this.#fault ??= fault;
        return;
      }
      yield;
    }
  }

  #checkTile(from: number): string | undefined {
    const size = this.rows.size();
    const hashes = this.tree.tile(0, from / TILE_WIDTH);
    const entries = this.rows.entries(from, from + TILE_WIDTH);
    if (entries.length < Math.min(TILE_WIDTH, size - from)) return `of the entries from ${from} on some are missing`;
    const wrong = entries.find(({ bytes }, i) => {
      const hash = hashes?.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH) ?? bytes;
      return !equal(this.tree.hash.leaf(bytes), hash);
    });
    return wrong === undefined ? undefined : `entry ${wrong.number} is not what was entered`;
  }

  #refuseBroken(): void {
    if (this.#fault !== undefined) this.#breakOff(this.#fault);
  }

  #breakOff(fault: string): never {
    this.#fault = fault;
    const what = `the registry in ${this.#file.path} does not fit what was signed: ${fault}`;
    throw new StoreError("registryBroken", `${what}; restore the newest backup of it`);
  }
}
