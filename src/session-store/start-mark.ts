// What tells the present store from every copy of it: 68 bytes in memory that the system shares between processes and
// loses when the machine starts anew (a tmpfs, such as /dev/shm), which stand in no backup of a disk.
//
//   secret 32 | start 4 | confirmed 16 | pending 16
//
// The secret is half of what the store is sealed under: without it a copy of the data directory is noise. `start` counts
// the processes that have used the store. `confirmed` names the commit that was made last, and `pending` the one that was
// perhaps made: a store that holds any other commit is an older one.

import { constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { equal } from "../base/bytes.ts";
import { type RandomSource, randomBytes } from "../base/random-source.ts";
import { StoreError, systemMessage } from "../store/store-error.ts";

const SECRET_LENGTH = 32;
const START_AT = SECRET_LENGTH;
const CONFIRMED_AT = START_AT + 4;
export const COMMIT_LENGTH = 16;
const PENDING_AT = CONFIRMED_AT + COMMIT_LENGTH;
const MARK_LENGTH = PENDING_AT + COMMIT_LENGTH;

export class StartMark {
  readonly path: string;
  readonly #random: RandomSource;
  readonly #handle: number;
  readonly #bytes: Buffer;

  /** Opens the mark of this name, and makes it where it is absent. Throws StoreError: permissions, unwritable. */
  static open(directory: string, name: string, random: RandomSource): StartMark {
    const path = join(directory, name);
    try {
      return new StartMark(path, random);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError("unwritable", `cannot use ${path}: ${systemMessage(error)}`);
    }
  }

  private constructor(path: string, random: RandomSource) {
    this.path = path;
    this.#random = random;
    const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
    this.#handle = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
    // Everybody may make files in such a place: one that another user has made is not ours.
    const stats = fstatSync(this.#handle);
    if (!stats.isFile() || stats.uid !== process.geteuid?.() || (stats.mode & 0o077) !== 0) {
      throw new StoreError("permissions", `${path} is not this user's alone: remove it`);
    }
    this.#bytes = Buffer.alloc(MARK_LENGTH);
    if (readSync(this.#handle, this.#bytes, 0, MARK_LENGTH, 0) !== MARK_LENGTH) this.begin();
  }

  /** The mark's own bytes, not a copy. */
  get secret(): Uint8Array {
    return this.#bytes.subarray(0, SECRET_LENGTH);
  }

  get start(): number {
    return this.#bytes.readUInt32BE(START_AT);
  }

  /** Whether a store whose last commit is `commit` is the present one. */
  knows(commit: Uint8Array): boolean {
    return equal(commit, this.#at(CONFIRMED_AT)) || equal(commit, this.#at(PENDING_AT));
  }

  /** Everything that was sealed so far is noise from now on. */
  begin(): void {
    const { start } = this;
    this.#bytes.set(randomBytes(this.#random, MARK_LENGTH));
    this.#bytes.writeUInt32BE(start, START_AT);
    this.#write();
  }

  /** A process begins to use the store, which holds `commit`. */
  take(commit: Uint8Array): void {
    this.#bytes.writeUInt32BE(this.start + 1, START_AT);
    this.#bytes.set(commit, CONFIRMED_AT);
    this.#write();
  }

  /** `commit` is about to be made. */
  announce(commit: Uint8Array): void {
    this.#bytes.set(commit, PENDING_AT);
    this.#write();
  }

  /** The commit that was announced is made: a store that holds the one before it is an older one from now on. */
  confirm(): void {
    this.#bytes.set(this.#at(PENDING_AT), CONFIRMED_AT);
    this.#write();
  }

  #at(offset: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + COMMIT_LENGTH);
  }

  /** In one call: a process that is killed has made it or not. */
  #write(): void {
    writeSync(this.#handle, this.#bytes, 0, MARK_LENGTH, 0);
  }
}
