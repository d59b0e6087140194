// Where a pull puts its image: a file that has its name only when it is whole, and until then a part with a record of what
// is there; or memory, on the way to standard output.

import { chmodSync, existsSync, lstatSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Flash } from "../../device/flash.ts";
import { progressLengthFor } from "../../device/image-slot.ts";
import { MemoryFlash } from "../../device/memory-flash.ts";
import { IMAGE_LENGTH_MAX } from "../../firmware/image-length.ts";
import { FileFlash } from "../../shell/file-flash.ts";
import { ProgressFile } from "../../shell/progress-file.ts";
import { systemMessage } from "../../store/store-error.ts";
import { jobFailed } from "../command-error.ts";

const PAGE_LENGTH = 4_096;

/** Longer pages of the record: with each that is full the disk has to make safe what is there. */
const PROGRESS_PAGE_LENGTH = 16_384;
const PROGRESS_LENGTH = progressLengthFor(IMAGE_LENGTH_MAX, PROGRESS_PAGE_LENGTH);

/** Marks that a power cut may cost: those of so many milliseconds. */
const SAVE_INTERVAL_MS = 1_000;

export interface PullTarget {
  readonly slot: Flash;
  readonly progress: Flash;
  /** Some bytes more are there. */
  advanced(): void;
  /** All `length` bytes of the image are there. */
  finish(length: number): void;
  /** The pull ended before. Gives back where bytes wait for the next one, if there are any and it `resumes`. */
  leave(resumes: boolean): string | undefined;
}

/** FILE.part and FILE.part.progress, until all is there. Every failure is a CommandError. */
export class FileTarget implements PullTarget {
  readonly slot: FileFlash;
  readonly progress: ProgressFile;
  readonly #file: string;
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
    // Whoever took the part away took away what the record speaks of.
    if (!existsSync(this.#part)) rmSync(this.#record, { force: true });
    this.slot = attempt(this.#part, () => new FileFlash(this.#part, IMAGE_LENGTH_MAX, PAGE_LENGTH));
    this.progress = attempt(
      this.#record,
      () => new ProgressFile(new FileFlash(this.#record, PROGRESS_LENGTH, PROGRESS_PAGE_LENGTH), this.slot),
    );
  }

  advanced(): void {
    if (performance.now() - this.#savedAt < SAVE_INTERVAL_MS) return;
    attempt(this.#record, () => this.progress.save());
    this.#savedAt = performance.now();
  }

  finish(length: number): void {
    attempt(this.#part, () => {
      this.slot.truncate(length);
      this.slot.sync();
    });
    this.#close();
    // First the record: without its part it would speak of the next one.
    rmSync(this.#record, { force: true });
    attempt(this.#file, () => {
      const earlier = statSync(this.#file, { throwIfNoEntry: false });
      if (earlier !== undefined) chmodSync(this.#part, earlier.mode & 0o7777);
      renameSync(this.#part, this.#file);
    });
  }

  leave(resumes: boolean): string | undefined {
    const keeps = resumes && !this.slot.isBlank;
    if (keeps) attempt(this.#record, () => this.progress.save());
    this.#close();
    if (keeps) return this.#part;
    rmSync(this.#record, { force: true });
    rmSync(this.#part, { force: true });
    return undefined;
  }

  #close(): void {
    this.slot.close();
    this.progress.close();
  }
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
