// Sessions in `sessions.db`, for the next process on this start of this machine. Each is sealed under a key of which half is
// the directory's (store/data-keys.ts) and half in the start mark; README.md says what that defends against, and what not.
//
// A commit survives the process and not the power: without power the mark is gone, and all of it is noise anyway.

import { createHash, hkdfSync } from "node:crypto";
import { realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { concat, copyOf } from "../base/bytes.ts";
import { type RandomSource, randomBytes } from "../base/random-source.ts";
import type { Secret } from "../base/secret.ts";
import { openDataDirectory } from "../store/data-directory.ts";
import { DataKeys } from "../store/data-keys.ts";
import { NONCE_LENGTH, seal, unseal } from "../store/seal.ts";
import { StoreError } from "../store/store-error.ts";
import { StoreFile, type StoreFormat } from "../store/store-file.ts";
import { COMMIT_LENGTH, StartMark } from "./start-mark.ts";

const FORMAT: StoreFormat = {
  fileName: "sessions.db",
  applicationId: 0x4e427373, // "NBss"
  version: 1,
  ownerOnly: true,
  exclusive: true,
  survivesPowerCut: false,
  schema: `
    CREATE TABLE session (number INTEGER PRIMARY KEY, active_at INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
    CREATE TABLE last_commit (name BLOB NOT NULL, removal INTEGER NOT NULL) STRICT;
    INSERT INTO last_commit VALUES (x'', 0)`,
};

export interface SessionStoreInput {
  readonly directory: string;
  /** A directory that the system forgets when the machine starts anew, and where every process of this start has it. */
  readonly markDirectory: string;
  /** What names this start of this machine; not secret. */
  readonly machineStart: string;
  readonly random: RandomSource;
}

/** A session as it comes in to be stored. */
export interface SessionToStore {
  readonly number: number;
  /** Whole milliseconds of a clock that goes on in the next process. */
  readonly lastActiveAt: number;
  readonly bytes: Uint8Array;
}

export interface StoredSession {
  readonly number: number;
  readonly bytes: Uint8Array;
  /** How many processes have taken it up since it was stored, and did not store it again. */
  readonly starts: number;
}

/** Why what was stored cannot be taken up. */
export type SessionLoss =
  /** The store is not one, or not a whole one. */
  | "damaged"
  /** Not what this start of this machine stored last: copied, restored from a backup, or older than the machine's start. */
  | "foreign";

export class SessionStore {
  /** Undefined where all that there was can be taken up. */
  readonly loss: SessionLoss | undefined;
  /** The removal of keys that was known of when sessions were stored last. */
  readonly removal: number;
  readonly #file: StoreFile;
  readonly #mark: StartMark;
  readonly #random: RandomSource;
  readonly #dataKey: Secret;
  readonly #machineStart: string;
  readonly #put;
  readonly #delete;
  readonly #deleteAll;
  readonly #setCommit;
  readonly #all;
  #key: Uint8Array;
  #sealedCount = 0;
  /** What is in the file is noise: it goes with the next commit. */
  #isStale: boolean;

  /**
   * Opens the store, which then is this process's alone: what is in it was another's until now.
   * Throws StoreError: busy where a process has it, damaged for keys.db, masterKey, notADirectory, permissions, unwritable.
   */
  static open(input: SessionStoreInput): SessionStore {
    openDataDirectory(input.directory);
    const dataKey = dataKeyOf(input.directory);
    const [file, isDamaged] = openFile(input.directory);
    try {
      const name = createHash("sha256").update(realpathSync(input.directory)).digest("hex").slice(0, 32);
      const mark = StartMark.open(input.markDirectory, `narrowboat-${name}`, input.random);
      return new SessionStore(input, file, mark, dataKey, isDamaged);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  private constructor(input: SessionStoreInput, file: StoreFile, mark: StartMark, dataKey: Secret, isDamaged: boolean) {
    this.#file = file;
    this.#mark = mark;
    this.#random = input.random;
    this.#dataKey = dataKey;
    this.#machineStart = input.machineStart;
    this.#put = file.prepare<[number, number, Uint8Array]>("INSERT OR REPLACE INTO session VALUES (?, ?, ?)");
    this.#delete = file.prepare<[number]>("DELETE FROM session WHERE number = ?");
    this.#deleteAll = file.prepare<[]>("DELETE FROM session");
    this.#setCommit = file.prepare<[Uint8Array, number]>("UPDATE last_commit SET name = ?, removal = ?");
    this.#all = file.prepare<[], { number: number; sealed: Uint8Array }>(
      "SELECT number, sealed FROM session ORDER BY active_at",
    );
    const commit = file.prepare<[], { name: Uint8Array; removal: number }>("SELECT name, removal FROM last_commit");
    const { name, removal } = file.attempt(() => commit.get())!;
    this.removal = removal;
    const isPresent = name.length === COMMIT_LENGTH && mark.knows(name);
    const isFirst = name.length === 0 && !isDamaged;
    if (isPresent) mark.take(copyOf(name));
    else mark.begin();
    this.#isStale = !isPresent;
    if (!isPresent && !isFirst) this.loss = isDamaged ? "damaged" : "foreign";
    this.#key = this.#deriveKey("narrowboat sessions");
  }

  /** The same for every process on this start of the machine, unless something was lost; the caller's own copy. */
  cookieSecret(): Uint8Array {
    return this.#deriveKey("narrowboat cookies");
  }

  /** What the process before stored, in the order of last use; "damaged" for one that cannot be opened. */
  *stored(): Generator<StoredSession | "damaged", void> {
    if (this.#isStale) return;
    const { start } = this.#mark;
    for (const { number, sealed } of this.#all.iterate()) {
      const opened = this.#open(number, sealed);
      if (opened === undefined || opened.start >= start) yield "damaged";
      else yield { number, bytes: opened.bytes, starts: start - opened.start - 1 };
    }
  }

  /** All of it is there for the next process when this returns. Throws StoreError: then forget() what there is. */
  save(sessions: readonly SessionToStore[], ended: readonly number[], removal: number): void {
    const commit = randomBytes(this.#random, COMMIT_LENGTH);
    this.#mark.announce(commit);
    this.#file.transaction(() => {
      if (this.#isStale) this.#deleteAll.run();
      for (const number of ended) this.#delete.run(number);
      for (const { number, lastActiveAt, bytes } of sessions) {
        this.#put.run(number, lastActiveAt, this.#seal(number, bytes));
      }
      this.#setCommit.run(commit, removal);
    });
    this.#isStale = false;
    this.#mark.confirm();
  }

  /** What was stored so far will never be taken up by any process, whatever becomes of the file. */
  forget(): void {
    this.#mark.begin();
    this.#key.fill(0);
    this.#key = this.#deriveKey("narrowboat sessions");
    this.#isStale = true;
  }

  close(): void {
    this.#key.fill(0);
    this.#file.close();
  }

  #deriveKey(what: string): Uint8Array {
    const material = concat(this.#dataKey.reveal(), this.#mark.secret);
    const key = new Uint8Array(hkdfSync("sha256", material, this.#machineStart, what, 32));
    material.fill(0);
    return key;
  }

  /** The nonce is this process's number and a count: no two processes of one secret have the same. */
  #seal(number: number, bytes: Uint8Array): Uint8Array {
    const nonce = Buffer.alloc(NONCE_LENGTH);
    nonce.writeUInt32BE(this.#mark.start, 0);
    nonce.writeUIntBE(this.#sealedCount++, 6, 6);
    return seal(this.#key, nonce, additionalData(number), bytes);
  }

  #open(number: number, sealed: Uint8Array): { readonly start: number; readonly bytes: Uint8Array } | undefined {
    const bytes = unseal(this.#key, additionalData(number), sealed);
    return bytes && { start: Buffer.from(sealed.subarray(0, 4)).readUInt32BE(), bytes };
  }
}

/** So that no row can stand in another's place. */
function additionalData(number: number): Uint8Array {
  const data = Buffer.alloc(8);
  data.writeBigUInt64BE(BigInt(number));
  return data;
}

/** One key for good: the mark holds the other half, and ends with the machine's start. */
function dataKeyOf(directory: string): Secret {
  const keys = DataKeys.open(directory);
  try {
    return keys.latest("sessions").key;
  } finally {
    keys.close();
  }
}

/** Whatever is wrong with the file, it holds nothing but sessions: a new one takes its place. */
function openFile(directory: string): readonly [file: StoreFile, isDamaged: boolean] {
  const found = openWhole(directory);
  if (found !== undefined) return [found, false];
  for (const suffix of ["", "-wal", "-shm", "-journal"]) {
    rmSync(join(directory, FORMAT.fileName) + suffix, { force: true });
  }
  return [StoreFile.open(directory, FORMAT), true];
}

function openWhole(directory: string): StoreFile | undefined {
  let file: StoreFile | undefined;
  try {
    file = StoreFile.open(directory, FORMAT);
    if (file.isWhole()) return file;
  } catch (error) {
    const isMendable = error instanceof StoreError && ["damaged", "permissions", "unknownFormat"].includes(error.code);
    if (!isMendable) throw error;
  }
  file?.close();
  return undefined;
}
