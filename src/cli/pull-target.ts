// Where the bytes of a pull go, in order: a file that has its name only when it is whole, or standard output.

import { createHash, type Hash } from "node:crypto";
import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { systemMessage } from "../store/store-error.ts";
import { jobFailed } from "./command-error.ts";

export interface PullTarget {
  write(bytes: Uint8Array): void;
  /** What was written is void. */
  restart(): void;
  /** All bytes are there. */
  finish(): void;
  /** They will never be. */
  discard(): void;
}

/** Writes to FILE.part, and gives it its name at the end. Every failure is a CommandError. */
export class FileTarget implements PullTarget {
  readonly #file: string;
  readonly #part: string;
  readonly #handle: number;
  #open = true;
  #length = 0;

  constructor(file: string) {
    this.#file = file;
    this.#part = `${file}.part`;
    this.#handle = attempt(this.#part, () => openSync(this.#part, "w"));
  }

  write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      done += attempt(this.#part, () => writeSync(this.#handle, bytes, done, bytes.length - done, this.#length + done));
    }
    this.#length += bytes.length;
  }

  restart(): void {
    attempt(this.#part, () => ftruncateSync(this.#handle, 0));
    this.#length = 0;
  }

  finish(): void {
    attempt(this.#part, () => fsyncSync(this.#handle));
    this.#close();
    attempt(this.#file, () => renameSync(this.#part, this.#file));
  }

  discard(): void {
    this.#close();
    rmSync(this.#part, { force: true });
  }

  #close(): void {
    if (this.#open) closeSync(this.#handle);
    this.#open = false;
  }
}

/** Holds the bytes until they are whole: what has gone down a pipe cannot be called back. */
export class StdoutTarget implements PullTarget {
  #pieces: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
  }

  restart(): void {
    this.#pieces = [];
  }

  finish(): void {
    process.stdout.write(Buffer.concat(this.#pieces));
  }

  discard(): void {}
}

/** Hashes on the way to another target. */
export class HashingTarget implements PullTarget {
  readonly #target: PullTarget;
  #hash: Hash = createHash("sha256");
  #length = 0;

  constructor(target: PullTarget) {
    this.#target = target;
  }

  get length(): number {
    return this.#length;
  }

  /** Of what was written; to be asked once. */
  sha256(): Uint8Array {
    return this.#hash.digest();
  }

  write(bytes: Uint8Array): void {
    this.#target.write(bytes);
    this.#hash.update(bytes);
    this.#length += bytes.length;
  }

  restart(): void {
    this.#target.restart();
    this.#hash = createHash("sha256");
    this.#length = 0;
  }

  finish(): void {
    this.#target.finish();
  }

  discard(): void {
    this.#target.discard();
  }
}

function attempt<Value>(path: string, step: () => Value): Value {
  try {
    return step();
  } catch (error) {
    throw jobFailed(`cannot write ${path}: ${systemMessage(error)}`);
  }
}
