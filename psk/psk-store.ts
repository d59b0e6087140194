// Identities and keys in `psk.db`, for the processes of one owner: a server that looks keys up for years, and
// commands that add and remove them meanwhile. Keys are sealed under a data key. What is removed goes into a journal, from
// which a server learns whose sessions to end.

import { EMPTY, equal } from "../src/base/bytes.ts";
import { Secret } from "../src/base/secret.ts";
import type { CryptoProvider } from "../src/crypto/crypto-provider.ts";
import { DataKeys } from "../src/store/data-keys.ts";
import { StoreError } from "../src/store/store-error.ts";
import { StoreFile, type StoreFormat, type UpgradedDatabase } from "../src/store/store-file.ts";
import { checkIdentity, IDENTITY_LENGTH_MAX, identityText } from "./identity.ts";
import { checkKey, SAFE_KEY_LENGTH_MIN } from "./key.ts";
import type { OnCsvProgress } from "./key-csv.ts";
import { KeySeal, SEALED_KEY_LENGTH_MAX, SEALED_KEY_LENGTH_MIN, type SealedKey } from "./key-seal.ts";

/** Removals that the journal holds; older ones are forgotten. */
export const REMOVAL_COUNT_MAX = 100_000;

/** Rows that `list` reads at a time, so that no reader holds the database while its caller thinks. */
const LIST_PAGE_COUNT = 1000;

const PSK_TABLE = `
    CREATE TABLE psk (
      identity BLOB NOT NULL PRIMARY KEY CHECK (length(identity) BETWEEN 1 AND ${IDENTITY_LENGTH_MAX}),
      sealed_key BLOB NOT NULL CHECK (length(sealed_key) BETWEEN ${SEALED_KEY_LENGTH_MIN} AND ${SEALED_KEY_LENGTH_MAX}),
      data_key INTEGER NOT NULL,
      added_at INTEGER NOT NULL,
      shared INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID`;

/** So that no way of removing or changing a key can forget the journal. */
const PSK_TRIGGERS = `
    CREATE TRIGGER psk_removed AFTER DELETE ON psk BEGIN
      INSERT INTO removal (identity) VALUES (old.identity);
    END;
    CREATE TRIGGER psk_changed AFTER UPDATE OF identity, sealed_key, data_key ON psk BEGIN
      INSERT INTO removal (identity) VALUES (old.identity);
    END`;

/** `sealKeys` brings the second format, in which keys were in clear, to the third. */
const formatOf = (sealKeys: (database: UpgradedDatabase) => void): StoreFormat => ({
  fileName: "psk.db",
  applicationId: 0x4e42706b, // "NBpk"
  version: 3,
  ownerOnly: true,
  schema: `
    ${PSK_TABLE};
    CREATE TABLE removal (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      identity BLOB NOT NULL
    ) STRICT;
    ${PSK_TRIGGERS};
    CREATE TRIGGER removal_bound AFTER INSERT ON removal BEGIN
      DELETE FROM removal WHERE sequence <= new.sequence - ${REMOVAL_COUNT_MAX};
    END`,
  upgrades: { 1: "ALTER TABLE psk ADD COLUMN shared INTEGER NOT NULL DEFAULT 0", 2: sealKeys },
});

interface LookedUpRow extends SealedKey {
  /** Null for an identity that has no key; the rest is made up then. */
  readonly shared: number | null;
}

/** A key, and whether many devices have it. */
export interface FoundKey {
  readonly key: Secret;
  readonly shared: boolean;
}

/** What may be shown of an entry. */
export interface PskEntry {
  readonly identity: Uint8Array;
  /** Milliseconds since 1970. */
  readonly addedAt: number;
  /** Whether many devices have its key. */
  readonly shared: boolean;
}

export interface ImportCount {
  readonly addedCount: number;
  /** Entries that were there with the same key. */
  readonly knownCount: number;
  /** Entries whose key is shorter than SAFE_KEY_LENGTH_MIN, and the identity of the first. */
  readonly shortCount: number;
  readonly firstShort: Uint8Array | undefined;
}

export class PskStore {
  readonly #file: StoreFile;
  readonly #seal: KeySeal;
  readonly #find;
  readonly #share;
  readonly #add;
  readonly #remove;
  readonly #count;
  readonly #listAfter;
  readonly #lastRemoval;
  readonly #removalsAfter;
  /** Sequence number of the last removal that `refresh` has told of. */
  #cursor: number;

  /**
   * Opens the store in the data directory, and makes it where it is absent.
   * Throws StoreError: busy, damaged, masterKey, notADirectory, permissions, unknownFormat, unwritable.
   */
  static open(directory: string, crypto: CryptoProvider): PskStore {
    const seal = new KeySeal(DataKeys.open(directory), crypto);
    try {
      const format = formatOf((database) => sealKeys(database, seal));
      return new PskStore(StoreFile.open(directory, format), seal);
    } catch (error) {
      seal.close();
      throw error;
    }
  }

  private constructor(file: StoreFile, seal: KeySeal) {
    this.#file = file;
    this.#seal = seal;
    // One row for every identity, and something to open in it: the time that it takes must not tell which are known.
    this.#find = file.prepare<[Uint8Array], LookedUpRow>(
      `SELECT coalesce(sealed_key, zeroblob(${SEALED_KEY_LENGTH_MIN})) AS sealed, coalesce(data_key, 0) AS dataKey, shared
       FROM (SELECT 1) LEFT JOIN psk ON identity = ?`,
    );
    this.#share = file.prepare<[Uint8Array]>("UPDATE psk SET shared = 1 WHERE identity = ? AND shared = 0");
    this.#add = file.prepare<[Uint8Array, Uint8Array, number, number, number]>(
      `INSERT INTO psk (identity, sealed_key, data_key, added_at, shared) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    );
    this.#remove = file.prepare<[Uint8Array]>("DELETE FROM psk WHERE identity = ?");
    this.#count = file.prepare<[], { count: number }>("SELECT count(*) AS count FROM psk");
    this.#listAfter = file.prepare<[Uint8Array], Omit<PskEntry, "shared"> & { shared: number }>(
      `SELECT identity, added_at AS addedAt, shared FROM psk WHERE identity > ? ORDER BY identity LIMIT ${LIST_PAGE_COUNT}`,
    );
    this.#lastRemoval = file.prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'removal'");
    this.#removalsAfter = file.prepare<[number], { identity: Uint8Array }>(
      "SELECT identity FROM removal WHERE sequence > ? ORDER BY sequence",
    );
    this.#cursor = this.#newestRemoval();
  }

  /** The key of an identity; undefined when there is none. Sees at once what other processes have written. */
  find(identity: Uint8Array): Secret | undefined {
    return this.lookUp(identity)?.key;
  }

  /** The same, with what else is known of it. */
  lookUp(identity: Uint8Array): FoundKey | undefined {
    const row = this.#file.attempt(() => this.#find.get(identity)!);
    const isKnown = row.shared !== null;
    const key = isKnown ? this.#seal.open(identity, row) : this.#seal.openStandIn();
    return isKnown ? { key, shared: row.shared !== 0 } : undefined;
  }

  /**
   * Adds a key at a time in milliseconds since 1970. False when the identity has this key already. With `shared` it is from
   * now on one that many devices have, and may have any number of sessions; that is true when it was not.
   * Throws StoreError: identity, key, keyKnown when it has another one.
   */
  add(identity: Uint8Array, key: Secret, addedAt: number, shared = false): boolean {
    checkIdentity(identity);
    checkKey(key);
    return this.#file.transaction(() => {
      const added = this.#insert(identity, key, addedAt);
      const sharedNow = shared && this.#share.run(identity).changes === 1;
      return added || sharedNow;
    });
  }

  /** Whether there was a key to remove. It is in the files until `erase` was called. */
  remove(identity: Uint8Array): boolean {
    return this.#file.transaction(() => this.#remove.run(identity).changes === 1);
  }

  /**
   * Takes the bytes of removed keys from the disk: out of the log, too. False when another process kept the log in use for
   * half a minute; they then go when the last process closes the store.
   */
  erase(): boolean {
    return this.#file.emptyLog();
  }

  count(): number {
    return this.#file.attempt(() => this.#count.get())!.count;
  }

  /** Identities in order of their bytes, never keys; a million of them need no more memory than a thousand. */
  *list(): Generator<PskEntry, void, void> {
    let page: PskEntry[];
    let last: Uint8Array = EMPTY;
    do {
      const rows = this.#file.attempt(() => this.#listAfter.all(last));
      page = rows.map((row) => ({ ...row, shared: row.shared !== 0 }));
      yield* page;
      last = page.at(-1)?.identity ?? last;
    } while (page.length === LIST_PAGE_COUNT);
  }

  /**
   * Adds the keys of a CSV file (see key-csv.ts), all of them or none.
   * Throws StoreError: csvLine, naming the line, unreadable, and what `add` throws for the database.
   */
  importCsv(file: string, addedAt: number, onProgress?: OnCsvProgress): Promise<ImportCount> {
    return this.#file.asyncTransaction(async () => {
      let [addedCount, knownCount, shortCount] = [0, 0, 0];
      let firstShort: Uint8Array | undefined;
      // A server never imports.
      const { readKeyCsv } = await import("./key-csv.ts");
      await readKeyCsv(
        file,
        (identity, key) => {
          if (this.#file.attempt(() => this.#insert(identity, key, addedAt))) addedCount++;
          else knownCount++;
          if (key.length >= SAFE_KEY_LENGTH_MIN) return;
          shortCount++;
          firstShort ??= identity;
        },
        onProgress,
      );
      return { addedCount, knownCount, shortCount, firstShort };
    });
  }

  /**
   * The identities that were removed since the last call (or since `open`), also by this handle; one that has got a
   * new key meanwhile is among them. "journalPruned" when more were removed than the journal holds: ask `find` for
   * each identity that matters. Costs microseconds when there is nothing to tell.
   */
  refresh(): readonly Uint8Array[] | "journalPruned" {
    const before = this.#cursor;
    this.#cursor = this.#newestRemoval();
    const removedCount = this.#cursor - before;
    if (removedCount === 0) return [];
    if (removedCount > REMOVAL_COUNT_MAX) return "journalPruned";
    return this.#file.attempt(() => this.#removalsAfter.all(before)).map(({ identity }) => identity);
  }

  /** The last removal that `refresh` has told of; 0 where there was none. */
  get removal(): number {
    return this.#cursor;
  }

  /** What was removed since then and before the last `refresh`, or "journalPruned" when the journal cannot say. */
  removedSince(removal: number): readonly Uint8Array[] | "journalPruned" {
    // A journal that is behind is that of an older database.
    if (removal > this.#cursor || this.#cursor - removal > REMOVAL_COUNT_MAX) return "journalPruned";
    return this.#file.attempt(() => this.#removalsAfter.all(removal)).map(({ identity }) => identity);
  }

  /** See StoreFile. */
  neverWait(): void {
    this.#file.neverWait();
    this.#seal.neverWait();
  }

  close(): void {
    this.#file.close();
    this.#seal.close();
  }

  #insert(identity: Uint8Array, key: Secret, addedAt: number): boolean {
    const { sealed, dataKey } = this.#seal.seal(identity, key);
    if (this.#add.run(identity, sealed, dataKey, addedAt, 0).changes === 1) return true;
    if (equal(this.find(identity)!.reveal(), key.reveal())) return false;
    const name = identityText(identity);
    throw new StoreError("keyKnown", `the identity ${name} has another key: remove it first with psk remove ${name}`);
  }

  #newestRemoval(): number {
    return this.#file.attempt(() => this.#lastRemoval.get())?.seq ?? 0;
  }
}

/** In one transaction, and what was in clear is overwritten. */
function sealKeys(database: UpgradedDatabase, seal: KeySeal): void {
  database.exec(`DROP TRIGGER psk_removed; DROP TRIGGER psk_changed; ALTER TABLE psk RENAME TO plain; ${PSK_TABLE}`);
  const add = database.prepare("INSERT INTO psk SELECT identity, ?, ?, added_at, shared FROM plain WHERE identity = ?");
  const page = database.prepare(
    `SELECT identity, key FROM plain WHERE identity > ? ORDER BY identity LIMIT ${LIST_PAGE_COUNT}`,
  );
  let rows: { readonly identity: Uint8Array; readonly key: Uint8Array }[];
  let last: Uint8Array = EMPTY;
  do {
    rows = page.all(last) as unknown as typeof rows;
    for (const { identity, key } of rows) {
      const { sealed, dataKey } = seal.seal(identity, new Secret(key));
      add.run(sealed, dataKey, identity);
      key.fill(0);
      last = identity;
    }
  } while (rows.length === LIST_PAGE_COUNT);
  database.exec(`DROP TABLE plain; ${PSK_TRIGGERS}`);
}
