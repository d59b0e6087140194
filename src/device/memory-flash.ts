// Flash in memory, as strict as NOR flash is: whoever writes where it was not erased before has made a mistake.

import { assert, InvariantError } from "../base/assert.ts";
import { BLANK, type Flash } from "./flash.ts";

export class MemoryFlash implements Flash {
  readonly length: number;
  readonly pageLength: number;
  /** Pages that were written to, by number; the others are blank. */
  readonly #pages = new Map<number, Uint8Array>();

  /** Blank. `length` is a whole number of pages. */
  constructor(length: number, pageLength: number) {
    assert(length % pageLength === 0, "flash has whole pages");
    this.length = length;
    this.pageLength = pageLength;
  }

  erasePage(offset: number): void {
    assert(offset % this.pageLength === 0 && offset < this.length, `no page begins at ${offset}`);
    this.#pages.delete(offset / this.pageLength);
  }

  write(offset: number, bytes: Uint8Array): void {
    assert(offset + bytes.length <= this.length, "a write behind the end of flash");
    for (const part of this.#parts(offset, bytes.length)) {
      const page = this.#pages.get(part.page) ?? new Uint8Array(this.pageLength).fill(BLANK);
      this.#pages.set(part.page, page);
      for (let i = 0; i < part.length; i++) {
        const [old, fresh] = [page[part.start + i]!, bytes[part.at + i]!];
        // Not by assert(), which would make its text for each byte.
        if ((old & fresh) !== fresh) throw new InvariantError(`a write at ${offset + part.at + i} on flash not erased`);
        page[part.start + i] = fresh;
      }
    }
  }

  read(offset: number, length: number): Uint8Array {
    assert(offset + length <= this.length, "a read behind the end of flash");
    const bytes = new Uint8Array(length).fill(BLANK);
    for (const { page, start, at, length: partLength } of this.#parts(offset, length)) {
      const stored = this.#pages.get(page);
      if (stored !== undefined) bytes.set(stored.subarray(start, start + partLength), at);
    }
    return bytes;
  }

  /** The parts of [offset, offset + length) that lie on one page each: where on the page, and where in the whole. */
  *#parts(offset: number, length: number) {
    const { pageLength } = this;
    for (let at = 0; at < length; ) {
      const start = (offset + at) % pageLength;
      const partLength = Math.min(pageLength - start, length - at);
      yield { page: Math.floor((offset + at) / pageLength), start, at, length: partLength };
      at += partLength;
    }
  }
}
