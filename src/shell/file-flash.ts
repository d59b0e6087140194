// A file as flash: what lies behind its end is blank, so that it is never longer than what was written to it.

import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { assert } from "../base/assert.ts";
import { BLANK, type Flash } from "../device/flash.ts";

/** Blank bytes written at a time where a write leaves a gap behind the end. */
const FILL_LENGTH = 65_536;

export class FileFlash implements Flash {
  readonly length: number;
  readonly pageLength: number;
  readonly #handle: number;
  #fileLength: number;
  #open = true;

  /** Opens the file, or makes it; `length` is the longest it may become. Throws the system's error, as all below. */
  constructor(path: string, length: number, pageLength: number) {
    assert(length % pageLength === 0, "flash has whole pages");
    this.length = length;
    this.pageLength = pageLength;
    this.#handle = openForUpdate(path);
    this.#fileLength = fstatSync(this.#handle).size;
  }

  get isBlank(): boolean {
    return this.#fileLength === 0;
  }

  erasePage(offset: number): void {
    const end = offset + this.pageLength;
    if (end >= this.#fileLength) this.truncate(offset);
    else this.#put(offset, new Uint8Array(this.pageLength).fill(BLANK));
  }

  write(offset: number, bytes: Uint8Array): void {
    assert(offset + bytes.length <= this.length, "a write behind the end of flash");
    while (this.#fileLength < offset) {
      const length = Math.min(FILL_LENGTH, offset - this.#fileLength);
      this.#put(this.#fileLength, new Uint8Array(length).fill(BLANK));
    }
    this.#put(offset, bytes);
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length).fill(BLANK);
    const stored = Math.min(length, this.#fileLength - offset);
    for (let done = 0; done < stored; ) {
      const count = readSync(this.#handle, bytes, done, stored - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return bytes;
  }

  /** Makes everything from `length` on blank. */
  truncate(length: number): void {
    if (length >= this.#fileLength) return;
    ftruncateSync(this.#handle, length);
    this.#fileLength = length;
  }

  /** What was written survives a power cut from here on. */
  sync(): void {
    fsyncSync(this.#handle);
  }

  /** May be called twice. */
  close(): void {
    if (this.#open) closeSync(this.#handle);
    this.#open = false;
  }

  #put(offset: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#handle, bytes, done, bytes.length - done, offset + done);
      this.#fileLength = Math.max(this.#fileLength, offset + done);
    }
  }
}

function openForUpdate(path: string): number {
  // "a" makes the file and keeps what it holds; Linux would then write at its end wherever it is told to.
  closeSync(openSync(path, "a"));
  return openSync(path, "r+");
}
