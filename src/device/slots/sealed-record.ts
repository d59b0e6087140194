// A small record in flash that a power cut leaves as it was or as it shall be, and never anything between. It lies on two
// pages: each change is written whole behind the one before, sealed by a check value, until the page is full; then the other
// page is erased and begun. So the newest entry but for a torn one is always there. An entry:
//
//   length of the body 2 | number of the entry 4 | body | the first 8 bytes of the SHA-256 of all before
//
// A number tells the newest, wherever it lies. Where anything lies behind the newest entry that is none, as a cut leaves it,
// nobody knows where that ends: the next entry goes to the other page.

import { assert } from "../../base/assert.ts";
import { ByteReader } from "../../base/byte-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { bytesOfLatin1, concat, equal } from "../../base/bytes.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { type Flash, isBlank } from "../flash.ts";

/** Pages of flash from its beginning on that a record lies on. */
export const SEALED_PAGES = 2;

const HEADER_LENGTH = 6;
const CHECK_LENGTH = 8;
/** What the length of an entry reads as where none is. */
const NO_LENGTH = 0xffff;

interface Entry {
  readonly number: number;
  readonly body: Uint8Array;
  readonly page: number;
  /** Where the next one goes, or behind the page's end where that is not known. */
  readonly nextAt: number;
}

export class SealedRecord {
  readonly #flash: Flash;
  readonly #crypto: CryptoProvider;
  #newest: Entry | undefined;

  /** Reads what is there. */
  constructor(flash: Flash, crypto: CryptoProvider) {
    assert(flash.length >= SEALED_PAGES * flash.pageLength, "a record has two pages");
    this.#flash = flash;
    this.#crypto = crypto;
    for (let page = 0; page < SEALED_PAGES; page++) {
      for (const entry of this.#entriesOn(page)) {
        if (this.#newest === undefined || entry.number > this.#newest.number) this.#newest = entry;
      }
    }
  }

  /** What was written last; undefined where nothing ever was. */
  get body(): Uint8Array | undefined {
    return this.#newest?.body;
  }

  /** Bytes of the longest body. */
  get lengthMax(): number {
    return Math.min(NO_LENGTH, this.#flash.pageLength) - HEADER_LENGTH - CHECK_LENGTH;
  }

  write(body: Uint8Array): void {
    assert(body.length <= this.lengthMax, "the body is longer than a page");
    const number = (this.#newest?.number ?? -1) + 1;
    const said = concat(new ByteWriter().uint16(body.length).uint32(number).finish(), body);
    const entry = concat(said, this.#checkOf(said));
    const { page, at } = this.#placeFor(entry.length);
    this.#flash.write(page * this.#flash.pageLength + at, entry);
    this.#newest = { number, body, page, nextAt: at + entry.length };
  }

  /** Where an entry goes. The page that has the newest one is never erased. */
  #placeFor(length: number): { page: number; at: number } {
    const { pageLength } = this.#flash;
    const newest = this.#newest;
    if (newest !== undefined && newest.nextAt + length <= pageLength) return { page: newest.page, at: newest.nextAt };
    const page = newest === undefined ? 0 : SEALED_PAGES - 1 - newest.page;
    if (!isBlank(this.#flash.read(page * pageLength, pageLength))) this.#flash.erasePage(page * pageLength);
    return { page, at: 0 };
  }

  /** The entries on one page that are whole, the oldest first. */
  #entriesOn(page: number): Entry[] {
    const { pageLength } = this.#flash;
    const bytes = this.#flash.read(page * pageLength, pageLength);
    const entries: Entry[] = [];
    for (let at = 0; at + HEADER_LENGTH + CHECK_LENGTH <= pageLength; ) {
      const header = new ByteReader(bytes.subarray(at, at + HEADER_LENGTH));
      const length = header.uint16();
      const number = header.uint32();
      const checkAt = at + HEADER_LENGTH + length;
      const end = checkAt + CHECK_LENGTH;
      if (length === NO_LENGTH || end > pageLength) break;
      if (!equal(this.#checkOf(bytes.subarray(at, checkAt)), bytes.subarray(checkAt, end))) break;
      const nextAt = isBlank(bytes.subarray(end)) ? end : pageLength;
      entries.push({ number, body: bytes.slice(at + HEADER_LENGTH, checkAt), page, nextAt });
      at = end;
    }
    return entries;
  }

  #checkOf(said: Uint8Array): Uint8Array {
    return bytesOfLatin1(this.#crypto.sha256(said)).subarray(0, CHECK_LENGTH);
  }
}
