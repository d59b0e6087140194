// One process at a time. Node.js has no lock on files, and a file that names its owner outlives an owner that is killed:
// so this is SQLite's lock on an empty file, which the system takes from whoever dies with it.

import { closeSync, openSync, rmSync, statSync } from "node:fs";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { StoreError } from "./store-error.ts";
import { translate } from "./store-file.ts";

export class FileLock {
  readonly #path: string;
  readonly #database: DatabaseSyncInstance;

  /**
   * Takes the lock whose file is `path`, and makes that file; undefined while somebody else has it. Throws the system's
   * error where the file cannot be made, StoreError where it cannot be locked.
   */
  static take(path: string): FileLock | undefined {
    closeSync(openSync(path, "a", 0o600));
    const before = inodeOf(path);
    const database = new DatabaseSync(path, { timeout: 0 });
    if (!locks(path, database)) return undefined;
    if (before !== undefined && before === inodeOf(path)) return new FileLock(path, database);
    // Whoever had it gave it back between, and took away the file that is locked now.
    database.close();
    return FileLock.take(path);
  }

  private constructor(path: string, database: DatabaseSyncInstance) {
    this.#path = path;
    this.#database = database;
  }

  /** Leaves no file behind. May be called twice. */
  release(): void {
    if (!this.#database.isOpen) return;
    // As long as it is locked nobody else can have made another one.
    rmSync(this.#path, { force: true });
    this.#database.close();
  }
}

function locks(path: string, database: DatabaseSyncInstance): boolean {
  try {
    // No journal beside it: nothing is ever written.
    translate(path, () => database.exec("PRAGMA journal_mode = memory; BEGIN EXCLUSIVE"));
    return true;
  } catch (error) {
    database.close();
    if (error instanceof StoreError && error.code === "busy") return false;
    throw error;
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
