// AES-128-CCM (RFC 3610) composed of two contexts of Node's crypto that live as long as the key: AES-ECB encrypts the
// counter blocks, AES-CBC is the MAC. Node's own CCM makes a context for each record, which costs more than this does.
//
// A CBC context cannot begin anew: it goes on from its last block. So that block is XORed into the next message's first
// one, which cancels it.

import { type Cipher, createCipheriv, timingSafeEqual } from "node:crypto";
import { type AeadContext, CONTENT, HEADER, NONCE_LENGTH } from "./aead-context.ts";
import { RECORD_FRAGMENT_LENGTH_MAX } from "./parameters.ts";
import { ADDITIONAL_DATA_LENGTH_MAX } from "./record-protection.ts";

const BLOCK_LENGTH = 16;
/** RFC 3610 2: nonce and length field share the 15 bytes behind the flags. */
const LENGTH_FIELD_LENGTH = BLOCK_LENGTH - 1 - NONCE_LENGTH;
const HAS_ADDITIONAL_DATA = 0x40;

/** B_0, the additional data with its length before it, and the content, each padded to whole blocks. */
const MAC_INPUT = new Uint8Array(
  BLOCK_LENGTH + padded(2 + ADDITIONAL_DATA_LENGTH_MAX) + padded(RECORD_FRAGMENT_LENGTH_MAX),
);

/** A_0 for the tag, and a counter block for each block of the content. */
const COUNTERS = new Uint8Array(BLOCK_LENGTH + padded(RECORD_FRAGMENT_LENGTH_MAX));

/** The encrypted counter blocks. */
const STREAM = new Uint8Array(COUNTERS.length);

/** The same arrays four bytes at a time: bytes one by one would take a block of 1 KiB 0.8 µs more. */
const WORD_LENGTH = 4;
const BLOCK_WORDS = BLOCK_LENGTH / WORD_LENGTH;
const MAC_INPUT_WORDS = new Uint32Array(MAC_INPUT.buffer);
const STREAM_WORDS = new Uint32Array(STREAM.buffer);
const CONTENT_WORDS = new Uint32Array(CONTENT.buffer);

export function composedCcm(key: Uint8Array, tagLength: 8 | 16): AeadContext {
  return new ComposedCcm(key, tagLength);
}

class ComposedCcm implements AeadContext {
  readonly #counter: Cipher;
  readonly #mac: Cipher;
  readonly #tagLength: number;
  /** What the MAC's context would XOR into the next block. */
  readonly #chained = new Uint8Array(BLOCK_LENGTH);

  constructor(key: Uint8Array, tagLength: number) {
    this.#counter = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
    this.#mac = createCipheriv("aes-128-cbc", key, this.#chained).setAutoPadding(false);
    this.#tagLength = tagLength;
  }

  seal(bytes: Uint8Array, offset: number, length: number, additionalLength: number): void {
    this.#makeKeyStream(length);
    const mac = this.#macOf(bytes, offset, length, additionalLength);
    // The content still stands behind what was authenticated before it.
    const contentAt = contentOffset(additionalLength) / WORD_LENGTH;
    for (let i = 0; i < length / WORD_LENGTH; i++) {
      STREAM_WORDS[BLOCK_WORDS + i] = STREAM_WORDS[BLOCK_WORDS + i]! ^ MAC_INPUT_WORDS[contentAt + i]!;
    }
    bytes.set(STREAM.subarray(BLOCK_LENGTH, BLOCK_LENGTH + length), offset);
    for (let i = 0; i < this.#tagLength; i++) bytes[offset + length + i] = mac[i]! ^ STREAM[i]!;
  }

  open(bytes: Uint8Array, offset: number, length: number, additionalLength: number): boolean {
    this.#makeKeyStream(length);
    CONTENT.set(bytes.subarray(offset, offset + length));
    for (let i = 0; i < length / WORD_LENGTH; i++) {
      CONTENT_WORDS[i] = CONTENT_WORDS[i]! ^ STREAM_WORDS[BLOCK_WORDS + i]!;
    }
    const expected = this.#macOf(CONTENT, 0, length, additionalLength);
    for (let i = 0; i < this.#tagLength; i++) expected[i] = expected[i]! ^ STREAM[i]!;
    const tag = bytes.subarray(offset + length, offset + length + this.#tagLength);
    if (timingSafeEqual(expected.subarray(0, this.#tagLength), tag)) return true;
    // Nobody is to see what did not authenticate.
    CONTENT.fill(0, 0, length);
    return false;
  }

  /** Node.js frees both contexts, with their keys overwritten, when this object is collected. */
  release(): void {}

  /** RFC 3610 2.3: the encrypted counter blocks 0 to as many as the content has, into STREAM. */
  #makeKeyStream(length: number): void {
    const streamLength = BLOCK_LENGTH + padded(length);
    const counters = COUNTERS.subarray(0, streamLength);
    counters[0] = LENGTH_FIELD_LENGTH - 1;
    for (let i = 0; i < NONCE_LENGTH; i++) counters[1 + i] = HEADER[i]!;
    for (let done = BLOCK_LENGTH; done < streamLength; done *= 2) counters.copyWithin(done, 0, done);
    // Sixteen bits count all blocks of the longest record.
    for (let at = BLOCK_LENGTH - 2, block = 0; at < streamLength; at += BLOCK_LENGTH, block++) {
      counters[at] = block >> 8;
      counters[at + 1] = block;
    }
    STREAM.set(this.#counter.update(counters));
  }

  /** RFC 3610 2.2, before it is encrypted and cut to the tag's length. */
  #macOf(content: Uint8Array, offset: number, length: number, additionalLength: number): Uint8Array {
    MAC_INPUT[0] = HAS_ADDITIONAL_DATA | (((this.#tagLength - 2) / 2) << 3) | (LENGTH_FIELD_LENGTH - 1);
    for (let i = 0; i < NONCE_LENGTH; i++) MAC_INPUT[1 + i] = HEADER[i]!;
    MAC_INPUT[13] = 0;
    MAC_INPUT[14] = length >> 8;
    MAC_INPUT[15] = length;
    for (let i = 0; i < BLOCK_LENGTH; i++) MAC_INPUT[i] = MAC_INPUT[i]! ^ this.#chained[i]!;
    MAC_INPUT[16] = 0;
    MAC_INPUT[17] = additionalLength;
    for (let i = 0; i < additionalLength; i++) MAC_INPUT[18 + i] = HEADER[NONCE_LENGTH + i]!;
    const contentAt = contentOffset(additionalLength);
    MAC_INPUT.fill(0, 18 + additionalLength, contentAt);
    MAC_INPUT.set(content.subarray(offset, offset + length), contentAt);
    const end = contentAt + padded(length);
    MAC_INPUT.fill(0, contentAt + length, end);
    const last = this.#mac.update(MAC_INPUT.subarray(0, end)).subarray(end - BLOCK_LENGTH);
    this.#chained.set(last);
    return last;
  }
}

/** Where the content stands in what is authenticated. */
function contentOffset(additionalLength: number): number {
  return BLOCK_LENGTH + padded(2 + additionalLength);
}

function padded(length: number): number {
  return Math.ceil(length / BLOCK_LENGTH) * BLOCK_LENGTH;
}
