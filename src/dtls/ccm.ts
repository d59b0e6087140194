// AES-128-CCM (RFC 3610) composed of two contexts of Node's crypto that live as long as the key: AES-ECB encrypts the
// counter blocks, AES-CBC is the MAC. Node's own CCM makes a context for each record, which costs more than this does.
//
// A CBC context cannot begin anew: it goes on from its last block. So that block is XORed into the next message's first
// one, which cancels it.

import { type Cipher, createCipheriv, timingSafeEqual } from "node:crypto";
import { put } from "../base/bytes.ts";
import { PrefixViews } from "../base/prefix-views.ts";
import { type AeadContext, CONTENT, HEADER, NONCE_LENGTH } from "./aead-context.ts";
import { BLOCK_LENGTH, CcmKeyStream, LENGTH_FIELD_LENGTH } from "./ccm-key-stream.ts";
import { RECORD_FRAGMENT_LENGTH_MAX } from "./parameters.ts";
import { ADDITIONAL_DATA_LENGTH_MAX } from "./record-protection.ts";

const HAS_ADDITIONAL_DATA = 0x40;

/** B_0, the additional data with its length before it, and the content, each padded to whole blocks. */
const MAC_INPUT = new Uint8Array(
  BLOCK_LENGTH + padded(2 + ADDITIONAL_DATA_LENGTH_MAX) + padded(RECORD_FRAGMENT_LENGTH_MAX),
);
const MAC_INPUTS = new PrefixViews(MAC_INPUT);

const CIPHERTEXT = new Uint8Array(padded(RECORD_FRAGMENT_LENGTH_MAX));
const CIPHERTEXTS = new PrefixViews(CIPHERTEXT);

/** The same arrays four bytes at a time: bytes one by one would take a block of 1 KiB 0.8 µs more. */
const WORD_LENGTH = 4;
const MAC_INPUT_WORDS = new Uint32Array(MAC_INPUT.buffer);
const CIPHERTEXT_WORDS = new Uint32Array(CIPHERTEXT.buffer);
const CONTENT_WORDS = new Uint32Array(CONTENT.buffer);

export function composedCcm(key: Uint8Array, tagLength: 8 | 16): AeadContext {
  return new ComposedCcm(key, tagLength);
}

class ComposedCcm implements AeadContext {
  readonly #keyStream: CcmKeyStream;
  readonly #mac: Cipher;
  /** What the MAC's context would XOR into the next block. */
  readonly #chained = new Uint8Array(BLOCK_LENGTH);
  /** The tag that is, or should be. */
  readonly #tag: Uint8Array;

  constructor(key: Uint8Array, tagLength: number) {
    this.#keyStream = new CcmKeyStream(key);
    this.#mac = createCipheriv("aes-128-cbc", key, this.#chained).setAutoPadding(false);
    this.#tag = new Uint8Array(tagLength);
  }

  seal(bytes: Uint8Array, offset: number, length: number, additionalLength: number): void {
    const streamAt = this.#keyStream.find(length);
    this.#authenticate(bytes, offset, length, additionalLength, streamAt);
    const { words } = this.#keyStream;
    const wordsAt = (streamAt + BLOCK_LENGTH) / WORD_LENGTH;
    // The content still stands behind what was authenticated before it.
    const contentAt = contentOffset(additionalLength) / WORD_LENGTH;
    for (let i = 0; i < length / WORD_LENGTH; i++) {
      CIPHERTEXT_WORDS[i] = words[wordsAt + i]! ^ MAC_INPUT_WORDS[contentAt + i]!;
    }
    put(bytes, offset, CIPHERTEXTS.of(length));
    for (let i = 0; i < this.#tag.length; i++) bytes[offset + length + i] = this.#tag[i]!;
  }

  open(bytes: Uint8Array, offset: number, length: number, additionalLength: number): boolean {
    const streamAt = this.#keyStream.find(length);
    put(CONTENT, 0, bytes.subarray(offset, offset + length));
    const { words } = this.#keyStream;
    const wordsAt = (streamAt + BLOCK_LENGTH) / WORD_LENGTH;
    for (let i = 0; i < length / WORD_LENGTH; i++) CONTENT_WORDS[i] = CONTENT_WORDS[i]! ^ words[wordsAt + i]!;
    this.#authenticate(CONTENT, 0, length, additionalLength, streamAt);
    const end = offset + length;
    if (timingSafeEqual(this.#tag, bytes.subarray(end, end + this.#tag.length))) return true;
    // Nobody is to see what did not authenticate.
    CONTENT.fill(0, 0, length);
    return false;
  }

  /** Node.js frees both contexts, with their keys overwritten, when this object is collected. */
  release(): void {
    this.#keyStream.wipe();
  }

  /** RFC 3610 2.2, encrypted and cut to the tag's length as 2.3 says. */
  #authenticate(content: Uint8Array, offset: number, length: number, additionalLength: number, streamAt: number): void {
    MAC_INPUT[0] = HAS_ADDITIONAL_DATA | (((this.#tag.length - 2) / 2) << 3) | (LENGTH_FIELD_LENGTH - 1);
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
    put(MAC_INPUT, contentAt, content.subarray(offset, offset + length));
    const end = contentAt + padded(length);
    MAC_INPUT.fill(0, contentAt + length, end);
    const chain = this.#mac.update(MAC_INPUTS.of(end));
    for (let i = 0; i < BLOCK_LENGTH; i++) this.#chained[i] = chain[end - BLOCK_LENGTH + i]!;
    const { bytes } = this.#keyStream;
    for (let i = 0; i < this.#tag.length; i++) this.#tag[i] = this.#chained[i]! ^ bytes[streamAt + i]!;
  }
}

/** Where the content stands in what is authenticated. */
function contentOffset(additionalLength: number): number {
  return BLOCK_LENGTH + padded(2 + additionalLength);
}

function padded(length: number): number {
  return Math.ceil(length / BLOCK_LENGTH) * BLOCK_LENGTH;
}
