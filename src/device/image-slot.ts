// The slot of flash that an image is downloaded into, and the record beside it of what is there already, so that a device
// that lost power goes on where it was:
//
//   progress  header: ETag length 1 | ETag 8 | image length 4 | its complement 4, then a mark for each unit of 64 bytes
//   slot      the image
//
// A unit is written, then marked: a cut between the two costs one unit, never a wrong byte, for the same bytes of the same
// image can be written over what a cut left of them. A page of the slot is erased when its first unit comes, so that an
// old image lives as long as possible. The complement tells a length from what a cut left of one.

import { assert } from "../base/assert.ts";
import { ByteReader } from "../base/byte-reader.ts";
import { ByteWriter } from "../base/byte-writer.ts";
import { copyOf } from "../base/bytes.ts";
import { RangeSet } from "../base/range-set.ts";
import { IMAGE_LENGTH_MAX } from "../firmware/image-length.ts";
import { BLANK, type Flash } from "./flash.ts";

/** Bytes that one mark stands for; blocks of 16 and 32 bytes are marked once a unit is whole. */
export const UNIT_LENGTH = 64;

const ETAG_LENGTH_MAX = 8;
const LENGTH_AT = 1 + ETAG_LENGTH_MAX;
const HEADER_LENGTH = LENGTH_AT + 8;
const MARK = 0;

export class ImageSlot {
  readonly #slot: Flash;
  readonly #progress: Flash;
  #etag: Uint8Array | undefined;
  #length: number | undefined;
  /** Bytes that are in the slot, marked or not. */
  #held = new RangeSet();
  /** Pages of the slot that were erased for this image, by number. */
  #erased = new Set<number>();

  /** Reads what an earlier run left. Pages of the slot are a whole number of units. */
  constructor(slot: Flash, progress: Flash) {
    assert(slot.pageLength % UNIT_LENGTH === 0, "a unit would lie on two pages");
    this.#slot = slot;
    this.#progress = progress;
    this.#recover();
  }

  /** Which image the slot is for (RFC 7252 5.10.6); undefined when for none yet. */
  get etag(): Uint8Array | undefined {
    return this.#etag;
  }

  /** Of the image, bytes; undefined until the server said so. */
  get length(): number | undefined {
    return this.#length;
  }

  /** Which bytes of the image are in flash. */
  get held(): RangeSet {
    return this.#held;
  }

  /** The longest image that fits, bytes. */
  get lengthMax(): number {
    return Math.min(this.#slot.length, (this.#progress.length - HEADER_LENGTH) * UNIT_LENGTH, IMAGE_LENGTH_MAX);
  }

  /** Whether every byte of the image is there. */
  get isWhole(): boolean {
    return this.#length !== undefined && this.#held.covers(0, this.#length);
  }

  /** Forgets what was there. */
  clear(): void {
    this.#etag = undefined;
    this.#length = undefined;
    this.#held = new RangeSet();
    this.#erased = new Set();
    const { pageLength, length } = this.#progress;
    // The header's page goes first, so that no cut leaves a header over marks of another image.
    for (let offset = 0; offset < length; offset += pageLength) {
      if (!isBlank(this.#progress.read(offset, pageLength))) this.#progress.erasePage(offset);
    }
  }

  /** Forgets what was there, and begins with the image that has this ETag. */
  begin(etag: Uint8Array): void {
    this.clear();
    const header = new Uint8Array(LENGTH_AT);
    header[0] = etag.length;
    header.set(etag, 1);
    // The first byte makes the header count: written last, it is the commit.
    this.#progress.write(1, header.subarray(1));
    this.#progress.write(0, header.subarray(0, 1));
    this.#etag = copyOf(etag);
  }

  /** The image's length became known; at most lengthMax. */
  setLength(length: number): void {
    if (this.#length === length) return;
    this.#progress.write(
      LENGTH_AT,
      new ByteWriter()
        .uint32(length)
        .uint32(~length >>> 0)
        .finish(),
    );
    this.#length = length;
  }

  /** Puts bytes of the image in their place. Bytes that are there already are left alone. */
  write(offset: number, bytes: Uint8Array): void {
    for (const { start, end } of this.#held.gaps(offset, offset + bytes.length)) {
      this.#erasePages(start, end);
      this.#slot.write(start, bytes.subarray(start - offset, end - offset));
      this.#held.add(start, end);
    }
    this.#mark(offset, offset + bytes.length);
  }

  /** Bytes of the image that are in flash. */
  read(offset: number, length: number): Uint8Array {
    return this.#slot.read(offset, length);
  }

  #erasePages(start: number, end: number): void {
    const { pageLength } = this.#slot;
    for (let page = Math.floor(start / pageLength); page * pageLength < end; page++) {
      if (this.#erased.has(page)) continue;
      this.#slot.erasePage(page * pageLength);
      this.#erased.add(page);
    }
  }

  /** Marks the units that [start, end), which is held, has made whole: all but perhaps the first and the last. */
  #mark(start: number, end: number): void {
    const first = Math.floor(start / UNIT_LENGTH) + (this.#isWhole(Math.floor(start / UNIT_LENGTH)) ? 0 : 1);
    const last = Math.ceil(end / UNIT_LENGTH) - (this.#isWhole(Math.ceil(end / UNIT_LENGTH) - 1) ? 0 : 1);
    if (first < last) this.#progress.write(HEADER_LENGTH + first, new Uint8Array(last - first).fill(MARK));
  }

  #isWhole(unit: number): boolean {
    const start = unit * UNIT_LENGTH;
    return this.#held.covers(start, Math.min(start + UNIT_LENGTH, this.#length ?? Number.POSITIVE_INFINITY));
  }

  #recover(): void {
    const header = new ByteReader(this.#progress.read(0, HEADER_LENGTH));
    const etagLength = header.uint8();
    const etag = header.take(ETAG_LENGTH_MAX);
    const length = header.uint32();
    const complement = header.uint32();
    // Without an ETag nobody knows whether the server still has the same image.
    if (etagLength === 0 || etagLength > ETAG_LENGTH_MAX) return;
    this.#etag = copyOf(etag.subarray(0, etagLength));
    if (length === ~complement >>> 0 && length <= this.lengthMax) this.#length = length;
    const end = this.#length ?? this.lengthMax;
    const marks = this.#progress.read(HEADER_LENGTH, Math.ceil(end / UNIT_LENGTH));
    for (let unit = 0; unit < marks.length; unit++) {
      if (marks[unit] === BLANK) continue;
      this.#held.add(unit * UNIT_LENGTH, Math.min((unit + 1) * UNIT_LENGTH, end));
      // A marked unit lies on a page that was erased for this image.
      this.#erased.add(Math.floor((unit * UNIT_LENGTH) / this.#slot.pageLength));
    }
  }
}

function isBlank(bytes: Uint8Array): boolean {
  // A plain loop: the record of a large slot has many pages.
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== BLANK) return false;
  return true;
}
