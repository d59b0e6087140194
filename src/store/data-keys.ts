// The keys that all else is sealed under, in `keys.db`, wrapped by the master key: one for each image, one for the keys of
// devices, one for sessions. They are random and are never changed, so another master key means to wrap 60 bytes for each of
// them anew, in one transaction, and to leave what they seal as it is.
//
// The store names the master key that wraps all of it. A process that has another one learns so when it opens the store, and
// one that runs while the key is rotated reads the new key when it meets what is wrapped under it.

import { randomFillSync } from "node:crypto";
import { toHex } from "../base/bytes.ts";
import { Secret } from "../base/secret.ts";
import { openDataDirectory } from "./data-directory.ts";
import { KEY_FILE, KEY_VARIABLE, keysOfEnvironment, keysOfFiles, type MasterKey, makeKeyFile } from "./master-key.ts";
import { SEALING_KEY_LENGTH } from "./seal.ts";
import { StoreError } from "./store-error.ts";
import { StoreFile, type StoreFormat } from "./store-file.ts";

const FORMAT: StoreFormat = {
  fileName: "keys.db",
  applicationId: 0x4e42646b, // "NBdk"
  version: 1,
  ownerOnly: true,
  schema: `
    CREATE TABLE master_key (id BLOB NOT NULL) STRICT;
    CREATE TABLE data_key (number INTEGER PRIMARY KEY, purpose TEXT NOT NULL, wrapped BLOB NOT NULL) STRICT;
    CREATE INDEX data_key_purpose ON data_key (purpose, number)`,
};

/** What a data key seals; a key of one purpose opens nothing of another. */
export type KeyPurpose = "image" | "psk" | "sessions";

/** Purposes that have one key at a time, of which a rotation makes a new one for what is sealed from then on. */
const RENEWED: readonly KeyPurpose[] = ["psk"];

export interface DataKey {
  /** Names it in what is sealed under it. */
  readonly number: number;
  readonly key: Secret;
}

interface WrappedKey {
  readonly number: number;
  readonly purpose: KeyPurpose;
  readonly wrapped: Uint8Array;
}

/** How often what is stored may be another master key's than the files hold, because a rotation ended between two looks. */
const LOOKS_MAX = 3;

export class DataKeys {
  readonly #directory: string;
  readonly #file: StoreFile;
  /** Where master keys are looked for. */
  readonly #masterKeys: () => readonly MasterKey[];
  readonly #masterKeyId;
  readonly #find;
  readonly #latest;
  readonly #all;
  readonly #add;
  readonly #change;
  #known: readonly MasterKey[] = [];

  /**
   * Opens the store in the data directory, and makes it where it is absent, with a master key where there is none.
   * Throws StoreError: masterKey where it is missing or another one, permissions, and what StoreFile.open throws.
   */
  static open(directory: string): DataKeys {
    return DataKeys.#open(directory, () => {
      const keys = keysOfEnvironment();
      return keys.length > 0 ? keys : keysOfFiles(directory);
    });
  }

  /** For a rotation, which may lead from the key in the file to the one in the environment. */
  static openWithAnyKey(directory: string): DataKeys {
    return DataKeys.#open(directory, () => [...keysOfEnvironment(), ...keysOfFiles(directory)]);
  }

  static #open(directory: string, masterKeys: () => readonly MasterKey[]): DataKeys {
    openDataDirectory(directory);
    const file = StoreFile.open(directory, FORMAT);
    try {
      const keys = new DataKeys(directory, file, masterKeys);
      keys.#begin();
      return keys;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  private constructor(directory: string, file: StoreFile, masterKeys: () => readonly MasterKey[]) {
    this.#directory = directory;
    this.#file = file;
    this.#masterKeys = masterKeys;
    this.#masterKeyId = file.prepare<[], { id: Uint8Array }>("SELECT id FROM master_key");
    this.#find = file.prepare<[number], WrappedKey & { id: Uint8Array }>(
      "SELECT number, purpose, wrapped, id FROM data_key, master_key WHERE number = ?",
    );
    this.#latest = file.prepare<[string], { number: number }>(
      "SELECT number FROM data_key WHERE purpose = ? ORDER BY number DESC LIMIT 1",
    );
    this.#all = file.prepare<[], WrappedKey>("SELECT number, purpose, wrapped FROM data_key");
    this.#add = file.prepare<[string], { number: number }>(
      `INSERT INTO data_key SELECT coalesce(max(number), 0) + 1, ?, x'' FROM data_key RETURNING number`,
    );
    this.#change = file.prepare<[Uint8Array, number]>("UPDATE data_key SET wrapped = ? WHERE number = ?");
  }

  /** The master key that all of it is wrapped under now. Throws StoreError: masterKey. */
  masterKey(): MasterKey {
    let key: MasterKey | undefined;
    for (let looks = 0; key === undefined && looks < LOOKS_MAX; looks++) key = this.#masterKeyOf(this.#storedId()!);
    if (key === undefined) throw this.#wrongMasterKey();
    return key;
  }

  /** Adds a key, which survives a power cut when this returns, and gives its number. */
  add(purpose: KeyPurpose, key: Secret): number {
    return this.#file.transaction(() => this.#insert(purpose, key, this.masterKey()));
  }

  /** The key to seal under for a purpose that has one at a time, which is made where there is none. */
  latest(purpose: KeyPurpose): DataKey {
    const found = this.#file.attempt(() => this.#latest.get(purpose));
    if (found !== undefined) return { number: found.number, key: this.find(found.number, purpose) };
    return this.#file.transaction(() => {
      // Another process may have been quicker.
      const number = this.#latest.get(purpose)?.number;
      if (number !== undefined) return { number, key: this.find(number, purpose) };
      const key = freshDataKey();
      return { number: this.#insert(purpose, key, this.masterKey()), key };
    });
  }

  /** Throws StoreError: damaged where there is none of this number and purpose, masterKey. */
  find(number: number, purpose: KeyPurpose): Secret {
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      const row = this.#file.attempt(() => this.#find.get(number));
      if (row === undefined || row.purpose !== purpose) break;
      const key = this.#masterKeyOf(row.id)?.unwrap(row.wrapped, useOf(number, purpose));
      if (key !== undefined) return key;
    }
    this.masterKey();
    throw this.#damaged(number, purpose);
  }

  /**
   * Wraps all keys under `next`, or none of them, and makes new ones for what is sealed from now on; says how many there
   * were. Throws StoreError: damaged where one of them cannot be unwrapped.
   */
  rewrap(next: MasterKey): number {
    return this.#file.transaction(() => {
      const present = this.masterKey();
      const rows = this.#all.all();
      for (const { number, purpose, wrapped } of rows) {
        const key = present.unwrap(wrapped, useOf(number, purpose));
        if (key === undefined) throw this.#damaged(number, purpose);
        this.#change.run(next.wrap(key, useOf(number, purpose)), number);
        key.wipe();
      }
      for (const purpose of RENEWED) {
        const key = freshDataKey();
        this.#insert(purpose, key, next);
        key.wipe();
      }
      this.#nameMasterKey(next);
      this.#known = [next, present];
      return rows.length;
    });
  }

  /** What was wrapped under an earlier master key is in no file of the store any more. See StoreFile. */
  erase(): boolean {
    return this.#file.emptyLog();
  }

  /** See StoreFile. */
  neverWait(): void {
    this.#file.neverWait();
  }

  close(): void {
    this.#file.close();
  }

  /** An empty store takes the master key that there is, or makes one. */
  #begin(): void {
    if (this.#storedId() === undefined) {
      this.#file.transaction(() => {
        if (this.#storedId() !== undefined) return;
        const [key = makeKeyFile(this.#directory, KEY_FILE)] = this.#masterKeys();
        this.#known = [key];
        this.#nameMasterKey(key);
      });
    }
    this.masterKey();
  }

  /** The number is drawn first, for the wrapped key is bound to it. */
  #insert(purpose: KeyPurpose, key: Secret, masterKey: MasterKey): number {
    const { number } = this.#add.get(purpose)!;
    this.#change.run(masterKey.wrap(key, useOf(number, purpose)), number);
    return number;
  }

  #nameMasterKey({ id }: MasterKey): void {
    this.#file.prepare<[]>("DELETE FROM master_key").run();
    this.#file.prepare<[Uint8Array]>("INSERT INTO master_key VALUES (?)").run(id);
  }

  #storedId(): Uint8Array | undefined {
    return this.#file.attempt(() => this.#masterKeyId.get())?.id;
  }

  /** The files are read again where the one that is asked for is not known: it may have been rotated. */
  #masterKeyOf(id: Uint8Array): MasterKey | undefined {
    const known = () => this.#known.find((key) => key.name === toHex(id));
    const found = known();
    if (found !== undefined) return found;
    this.#known = this.#masterKeys();
    return known();
  }

  #damaged(number: number, purpose: KeyPurpose): StoreError {
    return new StoreError("damaged", `${this.#file.path} lacks the ${purpose} key ${number}: restore it from a backup`);
  }

  #wrongMasterKey(): StoreError {
    const wanted = `the master key ${toHex(this.#storedId()!)}, under which ${this.#directory} is sealed`;
    const text = process.env[KEY_VARIABLE];
    if (text !== undefined && text !== "") {
      return new StoreError("masterKey", `${KEY_VARIABLE} is not ${wanted}: set it to that one`);
    }
    const where = `${this.#directory}/${KEY_FILE}`;
    const what = this.#known.length === 0 ? `${where} is missing, and with it ${wanted}` : `${where} is not ${wanted}`;
    return new StoreError("masterKey", `${what}: put it back, or set ${KEY_VARIABLE}`);
  }
}

/** A key that seals nothing yet. */
export function freshDataKey(): Secret {
  const bytes = randomFillSync(new Uint8Array(SEALING_KEY_LENGTH));
  const key = new Secret(bytes);
  bytes.fill(0);
  return key;
}

/** What a wrapped key is bound to. */
function useOf(number: number, purpose: KeyPurpose): string {
  return `${purpose} ${number}`;
}
