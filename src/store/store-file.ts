// One SQLite file in the data directory: made when absent, recognised by its header, guarded by its mode.
//
// The journal is a write-ahead log, because a look-up in a running server must never wait for a writer in another
// process (an import of a million keys holds the write lock for seconds). Its companions `-wal` and `-shm` hold the
// same bytes as the database; SQLite makes them with the database's mode, and the mode is 0600 from the first byte.
// A commit is synced before it is reported. The data directory must be on a local disk: the log needs shared memory.

import { closeSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { openDataDirectory } from "./data-directory.ts";
import { StoreError, systemMessage } from "./store-error.ts";

export interface StoreFormat {
  /** The file's name in the data directory. */
  readonly fileName: string;
  /** SQLite's application_id, which tells our stores from other databases. */
  readonly applicationId: number;
  /** SQLite's user_version: raised when the schema changes. */
  readonly version: number;
  readonly schema: string;
  /** What makes the next version of an older one, by the number of the older one; others are refused. */
  readonly upgrades?: Readonly<Record<number, string | ((database: UpgradedDatabase) => void)>>;
  /** Whether to refuse a file that group or others may read or write. */
  readonly ownerOnly: boolean;
  /** Whether it is one process's alone for as long as that has it open; false when absent. */
  readonly exclusive?: boolean;
  /** Whether a commit has to survive a power cut, and not the process alone; true when absent. */
  readonly survivesPowerCut?: boolean;
}

/** What an upgrade works on, in one transaction. */
export type UpgradedDatabase = Pick<DatabaseSyncInstance, "exec" | "prepare">;

/** A statement, run inside `attempt` or `transaction`. `Row` is the shape of what it yields. */
export interface Statement<Parameters extends readonly SqlValue[], Row> {
  get(...parameters: Parameters): Row | undefined;
  all(...parameters: Parameters): Row[];
  iterate(...parameters: Parameters): IterableIterator<Row>;
  run(...parameters: Parameters): { readonly changes: number | bigint };
}

/** What these stores keep in a column. */
type SqlValue = Uint8Array | number | string;

/** How long a writer waits for another process's write lock. */
const BUSY_TIMEOUT_MS = 30_000;

/** How long one waits for a process that is about to end, where a store is one process's alone. */
const EXCLUSIVE_TIMEOUT_MS = 1_000;

/** The write-ahead log shrinks back to this after a large transaction. */
const LOG_LENGTH_MAX = 4 * 1024 * 1024;

export class StoreFile {
  readonly path: string;
  readonly #database: DatabaseSyncInstance;
  #dataVersion: unknown;

  /**
   * Opens the store, and makes the directory (mode 0700) and the file (mode 0600) where they are absent.
   * Throws StoreError: busy, damaged, notADirectory, permissions, unknownFormat, unwritable.
   */
  static open(directory: string, format: StoreFormat): StoreFile {
    openDataDirectory(directory);
    const path = join(directory, format.fileName);
    makeFile(path);
    if (format.ownerOnly) for (const suffix of ["", "-wal", "-shm", "-journal"]) refuseOthers(path + suffix);
    const timeout = format.exclusive === true ? EXCLUSIVE_TIMEOUT_MS : BUSY_TIMEOUT_MS;
    const database = translate(path, () => new DatabaseSync(path, { timeout }));
    try {
      translate(path, () => prepareDatabase(database, path, format));
      return new StoreFile(path, database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  private constructor(path: string, database: DatabaseSyncInstance) {
    this.path = path;
    this.#database = database;
    this.#dataVersion = this.#askDataVersion();
  }

  prepare<Parameters extends readonly SqlValue[], Row = unknown>(sql: string): Statement<Parameters, Row> {
    // The columns that `sql` names are the shape of its rows; the compiler cannot read it.
    return this.#database.prepare(sql) as unknown as Statement<Parameters, Row>;
  }

  /** Runs `work`, and says in a StoreError what the database has to complain about. */
  attempt<Value>(work: () => Value): Value {
    try {
      return translate(this.path, work);
    } catch (error) {
      // A page that was damaged when it was read would be remembered as it was, whatever is done to the file.
      if (error instanceof StoreError && error.code === "damaged") this.#database.exec("PRAGMA shrink_memory");
      throw error;
    }
  }

  /** From here on what another process has locked is refused as busy, and not waited for: a server has no time. */
  neverWait(): void {
    this.#database.exec("PRAGMA busy_timeout = 0");
  }

  /** Runs `work` under the store's write lock; all that it writes is there afterwards, or nothing when it throws. */
  transaction<Value>(work: () => Value): Value {
    return this.attempt(() => inTransaction(this.#database, work));
  }

  /** The same for work that waits for a stream; nobody else may use this handle meanwhile. */
  async asyncTransaction<Value>(work: () => Promise<Value>): Promise<Value> {
    this.attempt(() => this.#database.exec("BEGIN IMMEDIATE"));
    try {
      const value = await work();
      this.attempt(() => this.#database.exec("COMMIT"));
      return value;
    } finally {
      rollBack(this.#database);
    }
  }

  /** Makes tables beside those of the format. Each statement says IF NOT EXISTS, and then waits for no writer. */
  makeTables(schema: string): void {
    this.attempt(() => this.#database.exec(schema));
  }

  /** Whether every page can be read and is where it belongs; reads all of them. */
  isWhole(): boolean {
    const row = this.attempt(() => this.prepare<[], { quick_check: string }>("PRAGMA quick_check(1)").get());
    return row?.quick_check === "ok";
  }

  /** Whether another handle, in this process or another, has written since the last call. Costs microseconds. */
  changedElsewhere(): boolean {
    const before = this.#dataVersion;
    this.#dataVersion = this.attempt(() => this.#askDataVersion());
    return this.#dataVersion !== before;
  }

  /**
   * Writes the log into the database and cuts it to nothing, so that what was deleted is in neither. False when another
   * process was reading or writing all the while; the log then goes when the last process closes the store.
   */
  emptyLog(): boolean {
    const outcome = this.attempt(() => this.prepare<[], { busy: number }>("PRAGMA wal_checkpoint(TRUNCATE)").get());
    return outcome?.busy === 0;
  }

  close(): void {
    this.#database.close();
  }

  #askDataVersion(): unknown {
    return pragma(this.#database, "data_version");
  }
}

function makeFile(path: string): void {
  try {
    closeSync(openSync(path, "a", 0o600));
  } catch (error) {
    throw new StoreError("unwritable", `cannot write ${path}: ${systemMessage(error)}`);
  }
}

function refuseOthers(path: string): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o077) !== 0) {
    throw new StoreError("permissions", `others may read the keys in ${path}: run chmod 600 ${path}`);
  }
}

function prepareDatabase(database: DatabaseSyncInstance, path: string, format: StoreFormat): void {
  if (format.exclusive === true) database.exec("PRAGMA locking_mode = exclusive");
  if (isBlank(database)) {
    database.exec("PRAGMA journal_mode = wal");
    inTransaction(database, () => {
      // Another process may have been quicker.
      if (!isBlank(database)) return;
      database.exec(format.schema);
      database.exec(`PRAGMA application_id = ${format.applicationId}; PRAGMA user_version = ${format.version}`);
    });
  }
  // A removed key is overwritten, not merely unlinked, and so is what an upgrade has sealed.
  database.exec("PRAGMA secure_delete = on");
  recognise(database, path, format);
  // The library's default for a write-ahead log leaves the last commits to the mercy of a power cut.
  database.exec(`PRAGMA synchronous = ${format.survivesPowerCut === false ? "off" : "full"}`);
  database.exec(`PRAGMA journal_size_limit = ${LOG_LENGTH_MAX}`);
}

function isBlank(database: DatabaseSyncInstance): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema").get() === undefined;
}

function recognise(database: DatabaseSyncInstance, path: string, format: StoreFormat): void {
  if (pragma(database, "application_id") !== format.applicationId) {
    throw new StoreError(
      "unknownFormat",
      `${path} is not a store of Narrowboat: move it away or name another directory`,
    );
  }
  upgrade(database, format);
  const version = pragma(database, "user_version");
  if (version !== format.version) {
    const what = `${path} has format ${version}, and this program knows format ${format.version}`;
    throw new StoreError("unknownFormat", `${what}: use the program that wrote it, or a newer one`);
  }
}

/** Another process may be doing the same: whoever gets the lock first does it. */
function upgrade(database: DatabaseSyncInstance, { version, upgrades }: StoreFormat): void {
  const known = (found: unknown) => typeof found === "number" && found < version && upgrades?.[found] !== undefined;
  if (!known(pragma(database, "user_version"))) return;
  inTransaction(database, () => {
    for (let found = pragma(database, "user_version"); known(found); found = pragma(database, "user_version")) {
      const step = upgrades![found as number]!;
      if (typeof step === "string") database.exec(step);
      else step(database);
      database.exec(`PRAGMA user_version = ${(found as number) + 1}`);
    }
  });
  // Out of the log, too.
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

function pragma(database: DatabaseSyncInstance, name: string): unknown {
  const row = database.prepare(`PRAGMA ${name}`).get() as Readonly<Record<string, unknown>> | undefined;
  return row?.[name];
}

function inTransaction<Value>(database: DatabaseSyncInstance, work: () => Value): Value {
  database.exec("BEGIN IMMEDIATE");
  try {
    const value = work();
    database.exec("COMMIT");
    return value;
  } finally {
    rollBack(database);
  }
}

/** Ends what COMMIT has not ended; SQLite ends a transaction by itself after some errors. */
function rollBack(database: DatabaseSyncInstance): void {
  if (database.isTransaction) database.exec("ROLLBACK");
}

/** What SQLite says of a failure, beside the message. */
interface SqliteError extends Error {
  /** Its extended result code. */
  readonly errcode: number;
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";
}

/** Runs `work`, and throws a StoreError for what SQLite complains about that an operator can mend. */
export function translate<Value>(path: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw isSqliteError(error) ? (storeErrorFor(path, error) ?? error) : error;
  }
}

/** Primary result codes of SQLite, which are the low byte of the extended ones. */
const Sqlite = {
  PERM: 3,
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const;

/** What a result code means for the operator; undefined when the mistake is ours. */
function storeErrorFor(path: string, error: SqliteError): StoreError | undefined {
  switch (error.errcode & 0xff) {
    case Sqlite.BUSY:
    case Sqlite.LOCKED:
      return new StoreError("busy", `another process is writing ${path}: try again when it has finished`);
    case Sqlite.CORRUPT:
    case Sqlite.NOTADB:
      return new StoreError("damaged", `${path} is damaged (${error.message}): restore it from a backup`);
    case Sqlite.CANTOPEN:
    case Sqlite.FULL:
    case Sqlite.IOERR:
    case Sqlite.PERM:
    case Sqlite.READONLY:
      return new StoreError("unwritable", `cannot use ${path} (${error.message}): check the disk and its permissions`);
    default:
      return undefined;
  }
}
