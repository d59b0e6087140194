// AES-128-CCM (RFC 3610) composed of two contexts of Node's crypto that live as long as the key: AES-ECB encrypts the
// counter blocks, AES-CBC is the MAC. Node's own CCM makes a context for each record, which costs more than this does.
//
// A CBC context cannot begin anew: it goes on from its last block. So that block is XORed into the next message's first
// one, which cancels it.

import { type Cipher, createCipheriv, timingSafeEqual } from "node:crypto";
import { put } from "../base/bytes.ts";
import { PrefixViews } from "../base/prefix-views.ts";
import {
  ADDITIONAL_LENGTH_MAX,
  AEAD_CONTENT_LENGTH_MAX,
  type AeadArrays,
  type AeadContext,
  type AeadContextMaker,
  NONCE_LENGTH,
} from "./aead.ts";
import { BLOCK_LENGTH, CcmKeyStream, KeyStreamArrays, LENGTH_FIELD_LENGTH, padded } from "./ccm-key-stream.ts";

const HAS_ADDITIONAL_DATA = 0x40;

/** What all contexts of a provider share. */
export class CcmArrays {
  readonly aead: AeadArrays;
  readonly keyStream: KeyStreamArrays;
  readonly additionals: PrefixViews;
  /** B_0, the additional data with its length before it, and the content, each padded to whole blocks. */
  readonly macInput = new Uint8Array(
    BLOCK_LENGTH + padded(2 + ADDITIONAL_LENGTH_MAX) + padded(AEAD_CONTENT_LENGTH_MAX),
  );
  readonly macInputs = new PrefixViews(this.macInput);
  readonly ciphertext = new Uint8Array(padded(AEAD_CONTENT_LENGTH_MAX));
  readonly ciphertexts = new PrefixViews(this.ciphertext);
  /** The same arrays in words of four bytes: bytes one by one would take a block of 1 KiB 0.8 µs more. */
  readonly macInputWords = new Uint32Array(this.macInput.buffer);
  readonly ciphertextWords = new Uint32Array(this.ciphertext.buffer);
  readonly contentWords: Uint32Array;
  /** What is laid out by bytes, four of them at a time as well, the first one high. */
  readonly macInputView = new DataView(this.macInput.buffer);

  constructor(aead: AeadArrays) {
    this.aead = aead;
    this.keyStream = new KeyStreamArrays(aead.header);
    this.additionals = new PrefixViews(aead.header.subarray(NONCE_LENGTH));
    this.contentWords = new Uint32Array(aead.content.buffer);
  }
}

export function ccmMaker(aead: AeadArrays): AeadContextMaker {
  const arrays = new CcmArrays(aead);
  return (keys, tagLength) =>
    aead.withKey(keys, (key) => new ComposedCcm(arrays, key, tagLength, new CcmKeyStream(arrays.keyStream, key)));
}

export class ComposedCcm implements AeadContext {
  readonly #arrays: CcmArrays;
  readonly #keyStream: CcmKeyStream;
  readonly #mac: Cipher;
  /** What the MAC's context would XOR into the next block, four bytes at a time. */
  #chained0 = 0;
  #chained1 = 0;
  #chained2 = 0;
  #chained3 = 0;
  /** The tag that is, or should be, and behind it what is cut off. */
  readonly #mask = new DataView(new ArrayBuffer(BLOCK_LENGTH));
  readonly #tag: Uint8Array;

  constructor(arrays: CcmArrays, key: Uint8Array, tagLength: number, keyStream: CcmKeyStream) {
    this.#arrays = arrays;
    this.#keyStream = keyStream;
    this.#mac = createCipheriv("aes-128-cbc", key, new Uint8Array(BLOCK_LENGTH)).setAutoPadding(false);
    this.#tag = new Uint8Array(this.#mask.buffer, 0, tagLength);
  }

  seal(bytes: Uint8Array, offset: number, length: number, additionalLength: number): void {
    const { ciphertextWords, ciphertexts, macInputWords } = this.#arrays;
    const streamAt = this.#keyStream.find(length);
    this.#authenticate(bytes, offset, length, additionalLength, streamAt);
    // The content still stands behind what was authenticated before it.
    const contentAt = contentOffset(additionalLength);
    xor(ciphertextWords, macInputWords, contentAt, this.#keyStream.words, streamAt + BLOCK_LENGTH, length);
    put(bytes, offset, ciphertexts.of(length));
    put(bytes, offset + length, this.#tag);
  }

  open(bytes: Uint8Array, offset: number, length: number, additionalLength: number): boolean {
    const { aead, contentWords } = this.#arrays;
    const { content } = aead;
    const streamAt = this.#keyStream.find(length);
    put(content, 0, bytes.subarray(offset, offset + length));
    xor(contentWords, contentWords, 0, this.#keyStream.words, streamAt + BLOCK_LENGTH, length);
    this.#authenticate(content, 0, length, additionalLength, streamAt);
    const end = offset + length;
    if (timingSafeEqual(this.#tag, bytes.subarray(end, end + this.#tag.length))) return true;
    // Nobody is to see what did not authenticate.
    content.fill(0, 0, length);
    return false;
  }

  /** Node.js frees both contexts, with their keys overwritten, when this object is collected. */
  release(): void {
    this.#keyStream.wipe();
  }

  /** RFC 3610 2.2, encrypted and cut to the tag's length as 2.3 says. */
  #authenticate(content: Uint8Array, offset: number, length: number, additionalLength: number, streamAt: number): void {
    const { additionals, keyStream, macInput, macInputs, macInputView } = this.#arrays;
    const { nonce } = keyStream;
    const flags = HAS_ADDITIONAL_DATA | (((this.#tag.length - 2) / 2) << 3) | (LENGTH_FIELD_LENGTH - 1);
    const high = nonce.getUint32(0);
    const middle = nonce.getUint32(4);
    const low = nonce.getUint32(8);
    macInputView.setUint32(0, this.#chained0 ^ ((flags << 24) | (high >>> 8)));
    macInputView.setUint32(4, this.#chained1 ^ ((high << 24) | (middle >>> 8)));
    macInputView.setUint32(8, this.#chained2 ^ ((middle << 24) | (low >>> 8)));
    macInputView.setUint32(12, this.#chained3 ^ ((low << 24) | length));
    macInputView.setUint16(16, additionalLength);
    put(macInput, 18, additionals.of(additionalLength));
    const contentAt = contentOffset(additionalLength);
    macInput.fill(0, 18 + additionalLength, contentAt);
    put(macInput, contentAt, content.subarray(offset, offset + length));
    const end = contentAt + padded(length);
    macInput.fill(0, contentAt + length, end);
    const chain = this.#mac.update(macInputs.of(end));
    this.#chained0 = wordAt(chain, end - 16);
    this.#chained1 = wordAt(chain, end - 12);
    this.#chained2 = wordAt(chain, end - 8);
    this.#chained3 = wordAt(chain, end - 4);
    const { view } = this.#keyStream;
    this.#mask.setUint32(0, this.#chained0 ^ view.getUint32(streamAt));
    this.#mask.setUint32(4, this.#chained1 ^ view.getUint32(streamAt + 4));
    this.#mask.setUint32(8, this.#chained2 ^ view.getUint32(streamAt + 8));
    this.#mask.setUint32(12, this.#chained3 ^ view.getUint32(streamAt + 12));
  }
}

/** `length` bytes, rounded up to words, from two offsets that are multiples of a word. */
function xor(target: Uint32Array, a: Uint32Array, aAt: number, b: Uint32Array, bAt: number, length: number): void {
  const aWord = aAt >> 2;
  const bWord = bAt >> 2;
  const count = (length + 3) >> 2;
  for (let i = 0; i < count; i++) target[i] = a[aWord + i]! ^ b[bWord + i]!;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Where the content stands in what is authenticated. */
function contentOffset(additionalLength: number): number {
  return BLOCK_LENGTH + padded(2 + additionalLength);
}
