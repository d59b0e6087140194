// A file that is written to its end as a stream is, and goes on after a full disk, which a stream of Node.js does not: that
// one is destroyed by its first error.

import { closeSync, fstatSync, openSync, write } from "node:fs";
import type { OutputStream } from "./line-output.ts";

const MODE = 0o600;

export class FileOutput implements OutputStream {
  readonly #descriptor: number;
  /** What waits, in order: two writes at once could change places. */
  readonly #waiting: { readonly text: Uint8Array; readonly done: (error?: Error | null) => void }[] = [];
  writableLength = 0;

  /** Throws what the system says. */
  constructor(file: string) {
    this.#descriptor = openSync(file, "a", MODE);
  }

  /** Bytes of the file. */
  get length(): number {
    return fstatSync(this.#descriptor).size;
  }

  write(text: Uint8Array, done: (error?: Error | null) => void): void {
    this.writableLength += text.length;
    this.#waiting.push({ text, done });
    if (this.#waiting.length === 1) this.#writeNext();
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #writeNext(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    const { text, done } = next;
    write(this.#descriptor, text, (error, length) => {
      this.#waiting.shift();
      this.writableLength -= text.length;
      // A disk that fills takes a part and says nothing.
      done(error ?? (length < text.length ? new Error("the disk is full") : undefined));
      this.#writeNext();
    });
  }
}
