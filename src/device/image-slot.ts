// The slot of flash that an image is downloaded into, and the record beside it of what is there already, so that a device
// that lost power goes on where it was:
//
//   progress  two pages of hash states (prefix-hash.ts), then
//             version 1 | resource 8 | ETag length 1 | ETag 8 | length as told 8 | length 8, then a mark for each 64 bytes
//   slot      the image
//
// A unit is written, then marked: a cut between the two costs one unit, never a wrong byte, for the same bytes of the same
// image can be written over what a cut left of them. What lies before the first gap is hashed and the state saved before
// it is marked, so that a saved state is a mark as well. A page of the slot is erased when its first unit comes, so that an
// old image lives as long as possible. A length stands beside its complement, which tells it from what a cut left of one.

import { assert } from "../base/assert.ts";
import { ByteReader } from "../base/byte-reader.ts";
import { ByteWriter } from "../base/byte-writer.ts";
import { copyOf, equal } from "../base/bytes.ts";
import { RangeSet } from "../base/range-set.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { IMAGE_LENGTH_MAX } from "../firmware/image-length.ts";
import { BLANK, type Flash, isBlank } from "./flash.ts";
import { PrefixHash, STATE_PAGES } from "./prefix-hash.ts";

/** Bytes that one mark stands for; blocks of 16 and 32 bytes are marked once a unit is whole. */
export const UNIT_LENGTH = 64;

/** Bytes that tell one resource from all others: an ETag means nothing beside another one (RFC 7252 5.10.6). */
export const RESOURCE_LENGTH = 8;

/** No length of an ETag, which is what a record of an older version begins with. */
const VERSION = 0x32;

const ETAG_LENGTH_MAX = 8;
const RESOURCE_AT = 1;
const ETAG_AT = RESOURCE_AT + RESOURCE_LENGTH;
const TOLD_AT = ETAG_AT + 1 + ETAG_LENGTH_MAX;
const LENGTH_AT = TOLD_AT + 8;
const HEADER_LENGTH = LENGTH_AT + 8;
const MARK = 0;

const HASH_PIECE_LENGTH = 4096;

export interface ImageSlotInput {
  readonly slot: Flash;
  readonly progress: Flash;
  readonly crypto: CryptoProvider;
  /** RESOURCE_LENGTH bytes. */
  readonly resource: Uint8Array;
  /** The longest image that is wanted, bytes; all that fits when absent. */
  readonly lengthMax?: number;
}

/** What flash for the record of an image of `length` bytes must have at least, in whole pages. */
export function progressLengthFor(length: number, pageLength: number): number {
  return (STATE_PAGES + Math.ceil((HEADER_LENGTH + length / UNIT_LENGTH) / pageLength)) * pageLength;
}

export class ImageSlot {
  readonly #input: ImageSlotInput;
  readonly #slot: Flash;
  readonly #progress: Flash;
  /** Of the header in the progress record. */
  readonly #headerAt: number;
  #etag: Uint8Array | undefined;
  #toldLength: number | undefined;
  #length: number | undefined;
  /** Bytes that are in the slot, marked or not. */
  #held = new RangeSet();
  /** Pages of the slot that were erased for this image, by number. */
  #erased = new Set<number>();
  #hash: PrefixHash;
  /** Bytes that the latest saved state stands for. */
  #savedLength = 0;

  /** Reads what an earlier run left of this resource. Pages of the slot are a whole number of units. */
  constructor(input: ImageSlotInput) {
    const { slot, progress, crypto } = input;
    assert(slot.pageLength % UNIT_LENGTH === 0, "a unit would lie on two pages");
    this.#input = input;
    this.#slot = slot;
    this.#progress = progress;
    this.#headerAt = STATE_PAGES * progress.pageLength;
    this.#hash = new PrefixHash(crypto, progress);
    this.#recover();
  }

  /** Which image the slot is for (RFC 7252 5.10.6); undefined when for none yet. */
  get etag(): Uint8Array | undefined {
    return this.#etag;
  }

  /** Of the image, bytes; undefined until its last block was there. */
  get length(): number | undefined {
    return this.#length;
  }

  /** The same, or until then what the server said of it, which is an estimate (RFC 7959 4). */
  get expectedLength(): number | undefined {
    return this.#length ?? this.#toldLength;
  }

  /** Which bytes of the image are in flash. */
  get held(): RangeSet {
    return this.#held;
  }

  /** The longest image that fits and is wanted, bytes. */
  get lengthMax(): number {
    const marks = this.#progress.length - this.#headerAt - HEADER_LENGTH;
    const fitting = Math.min(this.#slot.length, marks * UNIT_LENGTH, IMAGE_LENGTH_MAX);
    return Math.min(fitting, this.#input.lengthMax ?? fitting);
  }

  /** Whether every byte of the image is there. */
  get isWhole(): boolean {
    return this.#length !== undefined && this.#held.covers(0, this.#length);
  }

  /** Forgets what was there. */
  clear(): void {
    this.#etag = undefined;
    this.#length = undefined;
    this.#toldLength = undefined;
    this.#held = new RangeSet();
    this.#erased = new Set();
    this.#hash = new PrefixHash(this.#input.crypto, this.#progress);
    this.#savedLength = 0;
    const { pageLength, length } = this.#progress;
    // The header's page goes first, so that no cut leaves a header over marks and states of another image.
    this.#eraseRecordPage(this.#headerAt);
    for (let offset = 0; offset < length; offset += pageLength) this.#eraseRecordPage(offset);
  }

  /** Forgets what was there, and begins with the image that has this ETag. */
  begin(etag: Uint8Array): void {
    this.clear();
    const header = new Uint8Array(TOLD_AT).fill(BLANK);
    header[0] = VERSION;
    header.set(this.#input.resource, RESOURCE_AT);
    header[ETAG_AT] = etag.length;
    header.set(etag, ETAG_AT + 1);
    // The first byte makes the header count: written last, it is the commit.
    this.#progress.write(this.#headerAt + 1, header.subarray(1));
    this.#progress.write(this.#headerAt, header.subarray(0, 1));
    this.#etag = copyOf(etag);
  }

  /** The server said how long the image is, or, by undefined, that what it said was wrong. */
  setToldLength(length: number | undefined): void {
    if (this.#toldLength === length) return;
    this.#toldLength = length;
    if (length !== undefined) this.#writeLength(TOLD_AT, length);
  }

  /** The image's length became known; at most lengthMax. */
  setLength(length: number): void {
    if (this.#length === length) return;
    this.#length = length;
    this.#writeLength(LENGTH_AT, length);
  }

  /** Puts bytes of the image in their place. Bytes that are there already are left alone. */
  write(offset: number, bytes: Uint8Array): void {
    for (const { start, end } of this.#held.gaps(offset, offset + bytes.length)) {
      const part = bytes.subarray(start - offset, end - offset);
      this.#erasePages(start, end);
      this.#slot.write(start, part);
      this.#held.add(start, end);
      if (start === this.#hash.length) this.#hash.update(part);
      this.#hashHeld();
    }
    this.#saveHash();
    this.#mark(offset, offset + bytes.length);
  }

  /** Bytes of the image that are in flash. */
  read(offset: number, length: number): Uint8Array {
    return this.#slot.read(offset, length);
  }

  /** The SHA-256 of the whole image, once it is there, of what was written. */
  digest(): Uint8Array {
    this.#hashHeld();
    return this.#hash.digest();
  }

  /** Hashes what came before a gap was filled that lay before it. */
  #hashHeld(): void {
    const [first] = this.#held.ranges;
    if (first === undefined || first.start > 0) return;
    while (this.#hash.length < first.end) {
      const at = this.#hash.length;
      this.#hash.update(this.#slot.read(at, Math.min(HASH_PIECE_LENGTH, first.end - at)));
    }
  }

  /** What is not marked comes again, so that a state with part of a unit is of use at the image's end alone. */
  #saveHash(): void {
    const { length } = this.#hash;
    if (length === this.#savedLength || (length % UNIT_LENGTH !== 0 && length !== this.#length)) return;
    this.#hash.save();
    this.#savedLength = length;
  }

  #erasePages(start: number, end: number): void {
    const { pageLength } = this.#slot;
    for (let page = Math.floor(start / pageLength); page * pageLength < end; page++) {
      if (this.#erased.has(page)) continue;
      this.#slot.erasePage(page * pageLength);
      this.#erased.add(page);
    }
  }

  #eraseRecordPage(offset: number): void {
    if (!isBlank(this.#progress.read(offset, this.#progress.pageLength))) this.#progress.erasePage(offset);
  }

  /**
   * Where another length stands already, be it told earlier or half of it by a cut, flash keeps that one and this object the
   * new one: a restart then learns it again.
   */
  #writeLength(at: number, length: number): void {
    const fresh = new ByteWriter()
      .uint32(length)
      .uint32(~length >>> 0)
      .finish();
    const old = this.#progress.read(this.#headerAt + at, fresh.length);
    const fits = fresh.every((byte, i) => (byte & old[i]!) === byte);
    if (fits) this.#progress.write(this.#headerAt + at, fresh);
  }

  /** Marks the units that [start, end), which is held, has made whole: all but perhaps the first and the last. */
  #mark(start: number, end: number): void {
    const first = Math.floor(start / UNIT_LENGTH) + (this.#isWhole(Math.floor(start / UNIT_LENGTH)) ? 0 : 1);
    const last = Math.ceil(end / UNIT_LENGTH) - (this.#isWhole(Math.ceil(end / UNIT_LENGTH) - 1) ? 0 : 1);
    if (first >= last) return;
    this.#progress.write(this.#headerAt + HEADER_LENGTH + first, new Uint8Array(last - first).fill(MARK));
  }

  #isWhole(unit: number): boolean {
    const start = unit * UNIT_LENGTH;
    return this.#held.covers(start, Math.min(start + UNIT_LENGTH, this.#length ?? Number.POSITIVE_INFINITY));
  }

  #recover(): void {
    const header = new ByteReader(this.#progress.read(this.#headerAt, HEADER_LENGTH));
    if (header.uint8() !== VERSION || !equal(header.take(RESOURCE_LENGTH), this.#input.resource)) return;
    const etagLength = header.uint8();
    const etag = header.take(ETAG_LENGTH_MAX);
    // Without an ETag nobody knows whether the server still has the same image.
    if (etagLength === 0 || etagLength > ETAG_LENGTH_MAX) return;
    const toldLength = lengthIn(header);
    const length = lengthIn(header);
    const isWanted = (length ?? 0) <= this.lengthMax;
    if (!isWanted) return;
    this.#etag = copyOf(etag.subarray(0, etagLength));
    this.#toldLength = toldLength;
    this.#length = length;
    this.#recoverHeld(length ?? this.lengthMax);
  }

  #recoverHeld(end: number): void {
    this.#hash.recover();
    this.#savedLength = this.#hash.length;
    this.#hold(0, this.#savedLength);
    const marks = this.#progress.read(this.#headerAt + HEADER_LENGTH, Math.ceil(end / UNIT_LENGTH));
    for (let unit = 0; unit < marks.length; unit++) {
      if (marks[unit] !== BLANK) this.#hold(unit * UNIT_LENGTH, Math.min((unit + 1) * UNIT_LENGTH, end));
    }
  }

  /** What was there before this run lies on pages that were erased for it. */
  #hold(start: number, end: number): void {
    this.#held.add(start, end);
    const { pageLength } = this.#slot;
    for (let page = Math.floor(start / pageLength); page * pageLength < end; page++) this.#erased.add(page);
  }
}

/** Of four bytes and their complement; undefined for anything else. */
function lengthIn(header: ByteReader): number | undefined {
  const length = header.uint32();
  return header.uint32() === ~length >>> 0 ? length : undefined;
}
