// Where a pull puts its image: a file that has its name only when it is whole, and until then a part with a record of what
// is there; or memory, on the way to standard output.

import { createHash } from "node:crypto";
import { chmodSync, existsSync, lstatSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { equal } from "../../base/bytes.ts";
import type { Flash } from "../../device/flash.ts";
import { progressLengthFor } from "../../device/image-slot.ts";
import { MemoryFlash } from "../../device/memory-flash.ts";
import { IMAGE_LENGTH_MAX } from "../../firmware/image-length.ts";
import { FileFlash } from "../../shell/file-flash.ts";
import { ProgressFile } from "../../shell/progress-file.ts";
import { FileLock } from "../../store/file-lock.ts";
import { systemMessage } from "../../store/store-error.ts";
import { jobFailed, wrongUse } from "../command-error.ts";

const PAGE_LENGTH = 4_096;

/** Longer pages of the record: with each that is full the disk has to make safe what is there. */
const PROGRESS_PAGE_LENGTH = 16_384;
const PROGRESS_LENGTH = progressLengthFor(IMAGE_LENGTH_MAX, PROGRESS_PAGE_LENGTH);

/** Read at a time, to be hashed. */
const READ_LENGTH = 1_048_576;

/** Marks that a power cut may cost: those of so many milliseconds. */
const SAVE_INTERVAL_MS = 1_000;

export interface PullTarget {
  readonly slot: Flash;
  readonly progress: Flash;
  /** Some bytes more are there. */
  advanced(): void;
  /** All `length` bytes of the image are there, and these are the ones that came: their SHA-256, 32 bytes. */
  finish(length: number, sha256: Uint8Array): void;
  /** The pull ended before. Gives back where bytes wait for the next one, if there are any and it `resumes`. */
  leave(resumes: boolean): string | undefined;
}

/** FILE.part and FILE.part.progress, one pull's alone until all is there. Every failure is a CommandError. */
export class FileTarget implements PullTarget {
  readonly slot: FileFlash;
  readonly progress: ProgressFile;
  readonly #file: string;
  readonly #lock: FileLock;
  readonly #part: string;
  readonly #record: string;
  #savedAt = performance.now();

  constructor(file: string) {
    this.#file = file;
    this.#part = `${file}.part`;
    this.#record = `${file}.part.progress`;
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
      throw jobFailed(`cannot write ${file}: it is a directory`);
    }
    this.#lock = lockFor(file, `${this.#part}.lock`);
    try {
      // Whoever took the part away took away what the record speaks of.
      if (!existsSync(this.#part)) rmSync(this.#record, { force: true });
      this.slot = attempt(this.#part, () => new FileFlash(this.#part, IMAGE_LENGTH_MAX, PAGE_LENGTH));
      this.progress = attempt(
        this.#record,
        () => new ProgressFile(new FileFlash(this.#record, PROGRESS_LENGTH, PROGRESS_PAGE_LENGTH), this.slot),
      );
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  advanced(): void {
    if (performance.now() - this.#savedAt < SAVE_INTERVAL_MS) return;
    attempt(this.#record, () => this.progress.save());
    this.#savedAt = performance.now();
  }

  finish(length: number, sha256: Uint8Array): void {
    attempt(this.#part, () => {
      this.slot.truncate(length);
      this.slot.sync();
    });
    this.#confirm(length, sha256);
    this.slot.close();
    this.progress.close();
    // First the record: without its part it would speak of the next one.
    rmSync(this.#record, { force: true });
    attempt(this.#file, () => {
      const earlier = statSync(this.#file, { throwIfNoEntry: false });
      if (earlier !== undefined) chmodSync(this.#part, earlier.mode & 0o7777);
      renameSync(this.#part, this.#file);
    });
    this.#lock.release();
  }

  leave(resumes: boolean): string | undefined {
    const keeps = resumes && !this.slot.isBlank;
    if (keeps) attempt(this.#record, () => this.progress.save());
    this.slot.close();
    this.progress.close();
    if (!keeps) {
      rmSync(this.#record, { force: true });
      rmSync(this.#part, { force: true });
    }
    this.#lock.release();
    return keeps ? this.#part : undefined;
  }

  /**
   * Reads the image once more before anybody can use it: an earlier pull may have hashed what has been written over since.
   */
  #confirm(length: number, sha256: Uint8Array): void {
    const hash = createHash("sha256");
    for (let offset = 0; offset < length; offset += READ_LENGTH) {
      hash.update(attempt(this.#part, () => this.slot.read(offset, Math.min(READ_LENGTH, length - offset))));
    }
    if (equal(hash.digest(), sha256)) return;
    // Nothing of it can be gone on from.
    this.slot.truncate(0);
    throw jobFailed(`somebody else has written into ${this.#part}: the same command pulls the image anew`);
  }
}

function lockFor(file: string, path: string): FileLock {
  const lock = attempt(`${file}.part`, () => FileLock.take(path));
  if (lock === undefined)
    throw wrongUse(`another pull is writing ${file}: wait for its end, or give another file with -o`);
  return lock;
}

/** Holds the bytes until they are whole: what has gone down a pipe cannot be called back. */
export abstract class WholeTarget implements PullTarget {
  readonly slot = new MemoryFlash(IMAGE_LENGTH_MAX, PAGE_LENGTH);
  readonly progress = new MemoryFlash(PROGRESS_LENGTH, PROGRESS_PAGE_LENGTH);

  advanced(): void {}

  abstract finish(length: number): void;

  leave(): undefined {}
}

export class StdoutTarget extends WholeTarget {
  finish(length: number): void {
    process.stdout.write(this.slot.read(0, length));
  }
}

/**
 * A device, a FIFO, or what a link leads to: written through when all is there, and never replaced by a file. Its mode and
 * its owner stay.
 */
export class WrittenThroughTarget extends WholeTarget {
  readonly #file: string;

  constructor(file: string) {
    super();
    this.#file = file;
  }

  finish(length: number): void {
    attempt(this.#file, () => writeFileSync(this.#file, this.slot.read(0, length)));
  }
}

/** The target for a name that an operator gave. */
export function targetFor(file: string): PullTarget {
  if (file === "-") return new StdoutTarget();
  const stat = lstatSync(file, { throwIfNoEntry: false });
  return stat === undefined || stat.isFile() || stat.isDirectory()
    ? new FileTarget(file)
    : new WrittenThroughTarget(file);
}

function attempt<Value>(path: string, step: () => Value): Value {
  try {
    return step();
  } catch (error) {
    throw jobFailed(`cannot write ${path}: ${systemMessage(error)}`);
  }
}
