// The key stream of CCM (RFC 3610 2.3), made for several records in one call of Node's AES-ECB: a call costs more than the
// cipher does. Sequence numbers count up, and the explicit nonce of most peers is the sequence number (RFC 6655 3), so that
// the next nonces are known. Where one guesses wrong, the stream is made again.

import { type Cipher, createCipheriv } from "node:crypto";
import { AEAD_CONTENT_LENGTH_MAX, NONCE_LENGTH } from "./aead.ts";

export const BLOCK_LENGTH = 16;
/** RFC 3610 2: nonce and length field share the 15 bytes behind the flags. */
export const LENGTH_FIELD_LENGTH = BLOCK_LENGTH - 1 - NONCE_LENGTH;

/** Records, and bytes of key stream, that are made at a time: four blocks of 1024 bytes, sixteen requests for them. */
const RECORDS_MAX = 16;
const STREAM_LENGTH_MAX = 4 * (1024 + 80);

const WORD_LENGTH = 4;
const LOW_WORDS = 2 ** 32;

const COUNTERS_LENGTH = Math.max(STREAM_LENGTH_MAX, streamLength(AEAD_CONTENT_LENGTH_MAX));

/** What all key streams of a provider share. */
export class KeyStreamArrays {
  /** The nonce, four bytes at a time. */
  readonly nonce: DataView;
  /** The counter blocks that are encrypted next. */
  readonly counters = new Uint8Array(COUNTERS_LENGTH);
  readonly counterWords = new DataView(this.counters.buffer);
  /** The stream of a record that is too long to keep it: anyone can send such a record in a session's name. */
  readonly long = new Uint8Array(COUNTERS_LENGTH);
  readonly longWords = new Uint32Array(this.long.buffer);
  readonly longView = new DataView(this.long.buffer);

  /** The nonce is what `header` begins with. */
  constructor(header: Uint8Array) {
    this.nonce = new DataView(header.buffer, header.byteOffset, NONCE_LENGTH);
  }
}

export class CcmKeyStream {
  readonly #arrays: KeyStreamArrays;
  readonly #cipher: Cipher;
  #bytes = new Uint8Array(0);
  #words = new Uint32Array(0);
  #view = new DataView(this.#bytes.buffer);
  /** Of the first record: its nonce, and how many follow it with nonces that count up. */
  #high = 0;
  #middle = 0;
  #low = 0;
  #count = 0;
  /** Bytes for each of them. */
  #stride = 0;

  constructor(arrays: KeyStreamArrays, key: Uint8Array) {
    this.#arrays = arrays;
    this.#cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
  }

  /** The streams, one behind the other. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The same bytes, four at a time. */
  get words(): Uint32Array {
    return this.#words;
  }

  /** The same bytes again, to be read at any place. */
  get view(): DataView {
    return this.#view;
  }

  /**
   * Where in `bytes` the stream begins for the nonce in the header and `length` bytes of content: a block for the tag, and
   * behind it the content's. A multiple of 16; valid until the next call.
   */
  find(length: number): number {
    const { nonce } = this.#arrays;
    const low = nonce.getUint32(8);
    const index = low - this.#low;
    const needed = streamLength(length);
    const sameHead = nonce.getUint32(0) === this.#high && nonce.getUint32(4) === this.#middle;
    if (sameHead && index >= 0 && index < this.#count && needed <= this.#stride) return index * this.#stride;
    // A nonce out of order says nothing of the next one, and nobody's forgery is to cost more than its own stream.
    const follows = sameHead && index > 0 && index < 2 * this.#count;
    this.#make(low, needed, follows ? Math.min(RECORDS_MAX, LOW_WORDS - low) : 1);
    return 0;
  }

  wipe(): void {
    this.#bytes.fill(0);
    this.#count = 0;
  }

  #make(low: number, stride: number, countMax: number): void {
    const { nonce, counters, counterWords, long, longWords, longView } = this.#arrays;
    this.#high = nonce.getUint32(0);
    this.#middle = nonce.getUint32(4);
    this.#low = low;
    this.#stride = stride;
    this.#count = Math.max(1, Math.min(countMax, Math.floor(STREAM_LENGTH_MAX / stride)));
    const length = this.#count * stride;
    for (let i = 0; i < this.#count; i++) {
      writeCounters(counterWords, i * stride, stride, this.#high, this.#middle, low + i);
    }
    const made = this.#cipher.update(counters.subarray(0, length));
    if (length > STREAM_LENGTH_MAX) {
      this.#bytes = long;
      this.#words = longWords;
      this.#view = longView;
      this.#count = 0;
    } else if (this.#bytes === long || length > this.#bytes.length) {
      this.#bytes = new Uint8Array(length);
      this.#words = new Uint32Array(this.#bytes.buffer);
      this.#view = new DataView(this.#bytes.buffer);
    }
    this.#bytes.set(made);
  }
}

/** Bytes of key stream for `length` bytes of content. */
function streamLength(length: number): number {
  return BLOCK_LENGTH + padded(length);
}

/** `length` in whole blocks, in bytes. */
export function padded(length: number): number {
  return Math.ceil(length / BLOCK_LENGTH) * BLOCK_LENGTH;
}

/** RFC 3610 2.3: A_0 and all that follow it: flags, nonce, and a counter of three bytes. */
function writeCounters(
  words: DataView,
  start: number,
  length: number,
  high: number,
  middle: number,
  low: number,
): void {
  const first = ((LENGTH_FIELD_LENGTH - 1) << 24) | (high >>> 8);
  const second = (high << 24) | (middle >>> 8);
  const third = (middle << 24) | (low >>> 8);
  const fourth = low << 24;
  for (let block = 0; block * BLOCK_LENGTH < length; block++) {
    const at = start + block * BLOCK_LENGTH;
    words.setUint32(at, first);
    words.setUint32(at + WORD_LENGTH, second);
    words.setUint32(at + 2 * WORD_LENGTH, third);
    words.setUint32(at + 3 * WORD_LENGTH, fourth | block);
  }
}
