// The record of a download's progress as a file. What is written waits in memory for save(), which first makes safe what
// the record speaks of: after a power cut the file may say less than there is, and never more. What is erased is erased at
// once, for the image that it was about is about to be overwritten.

import type { Flash } from "../device/flash.ts";
import type { FileFlash } from "./file-flash.ts";

interface Write {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export class ProgressFile implements Flash {
  readonly #slot: FileFlash;
  readonly #file: FileFlash;
  #unsaved: Write[] = [];

  /** `slot` is what the record in `file` speaks of. What is called below throws the system's error. */
  constructor(file: FileFlash, slot: FileFlash) {
    this.#slot = slot;
    this.#file = file;
  }

  /** What the record speaks of. */
  get slot(): FileFlash {
    return this.#slot;
  }

  get length(): number {
    return this.#file.length;
  }

  get pageLength(): number {
    return this.#file.pageLength;
  }

  erasePage(offset: number): void {
    this.save();
    this.#file.erasePage(offset);
    this.#file.sync();
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#unsaved.push({ offset, bytes: Uint8Array.from(bytes) });
  }

  read(offset: number, length: number): Uint8Array {
    this.save();
    return this.#file.read(offset, length);
  }

  save(): void {
    if (this.#unsaved.length === 0) return;
    this.#slot.sync();
    for (const { offset, bytes } of this.#unsaved) this.#file.write(offset, bytes);
    this.#unsaved = [];
  }

  close(): void {
    this.#file.close();
  }
}
