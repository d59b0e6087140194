// AES-128 in CCM and GCM, and AES-256 in GCM, out of @noble/ciphers, for a device that has no OpenSSL. It has no CCM (RFC 3610): that is
// composed here of its CBC, which is the MAC, and its CTR over the tag and behind it the content.

import { cbc, ctr, gcm } from "@noble/ciphers/aes.js";
import { equalBytes } from "@noble/ciphers/utils.js";
import { ByteWriter } from "../base/byte-writer.ts";
import {
  AEAD_KEY_LENGTH,
  AEAD_LONG_KEY_LENGTH,
  type Aead,
  AeadArrays,
  type AeadContext,
  NONCE_LENGTH,
  type TagLength,
} from "./aead.ts";

const BLOCK_LENGTH = 16;
/** RFC 3610 2: nonce and length field share the 15 bytes behind the flags. */
const LENGTH_FIELD_LENGTH = BLOCK_LENGTH - 1 - NONCE_LENGTH;
const HAS_ADDITIONAL_DATA = 0x40;

export function nobleAead(): Aead {
  const arrays = new AeadArrays();
  return {
    arrays,
    ccm: (keys, tagLength) => new NobleCcm(arrays, keys.slice(0, AEAD_KEY_LENGTH), tagLength),
    gcm: (keys, tagLength) => new NobleGcm(arrays, keys.slice(0, AEAD_KEY_LENGTH), tagLength),
    gcm256: (keys, tagLength) => new NobleGcm(arrays, keys.slice(0, AEAD_LONG_KEY_LENGTH), tagLength),
  };
}

/** What both have: the key, and what the arrays hold for a call. */
abstract class NobleContext implements AeadContext {
  readonly arrays: AeadArrays;
  /** A copy: the caller's array may be overwritten before this context is. */
  readonly key: Uint8Array;
  readonly tagLength: TagLength;

  constructor(arrays: AeadArrays, key: Uint8Array, tagLength: TagLength) {
    this.arrays = arrays;
    this.key = key;
    this.tagLength = tagLength;
  }

  abstract seal(bytes: Uint8Array, offset: number, length: number, additionalLength: number): void;

  abstract open(bytes: Uint8Array, offset: number, length: number, additionalLength: number): boolean;

  get nonce(): Uint8Array {
    return this.arrays.header.subarray(0, NONCE_LENGTH);
  }

  additional(length: number): Uint8Array {
    return this.arrays.header.subarray(NONCE_LENGTH, NONCE_LENGTH + length);
  }

  release(): void {
    this.key.fill(0);
  }
}

class NobleCcm extends NobleContext {
  seal(bytes: Uint8Array, offset: number, length: number, additionalLength: number): void {
    const end = offset + length;
    const content = bytes.subarray(offset, end);
    const sealed = this.#crypt(this.#authenticate(content, additionalLength), content);
    bytes.set(sealed.subarray(BLOCK_LENGTH), offset);
    bytes.set(sealed.subarray(0, this.tagLength), end);
  }

  open(bytes: Uint8Array, offset: number, length: number, additionalLength: number): boolean {
    const end = offset + length;
    const tag = bytes.subarray(end, end + this.tagLength);
    const opened = this.#crypt(tag, bytes.subarray(offset, end));
    const content = opened.subarray(BLOCK_LENGTH);
    const expected = this.#authenticate(content, additionalLength).subarray(0, this.tagLength);
    const isRight = equalBytes(expected, opened.subarray(0, this.tagLength));
    // Nobody is to see what did not authenticate.
    if (isRight) this.arrays.content.set(content);
    return isRight;
  }

  /** RFC 3610 2.2: all 16 bytes of the MAC. */
  #authenticate(content: Uint8Array, additionalLength: number): Uint8Array {
    const flags = HAS_ADDITIONAL_DATA | (((this.tagLength - 2) / 2) << 3) | (LENGTH_FIELD_LENGTH - 1);
    const header = new ByteWriter().uint8(flags).put(this.nonce).uint24(content.length);
    const authenticated = header.uint16(additionalLength).put(this.additional(additionalLength)).finish();
    const contentAt = padded(authenticated.length);
    const input = new Uint8Array(contentAt + padded(content.length));
    input.set(authenticated);
    input.set(content, contentAt);
    return cbc(this.key, new Uint8Array(BLOCK_LENGTH), { disablePadding: true }).encrypt(input).subarray(-BLOCK_LENGTH);
  }

  /** RFC 3610 2.3: block 0 of the key stream over the tag, and the blocks from 1 on over the content, there and back. */
  #crypt(tag: Uint8Array, content: Uint8Array): Uint8Array {
    const counter = new Uint8Array(BLOCK_LENGTH);
    counter[0] = LENGTH_FIELD_LENGTH - 1;
    counter.set(this.nonce, 1);
    const whole = new Uint8Array(BLOCK_LENGTH + content.length);
    whole.set(tag);
    whole.set(content, BLOCK_LENGTH);
    return ctr(this.key, counter).encrypt(whole);
  }
}

class NobleGcm extends NobleContext {
  seal(bytes: Uint8Array, offset: number, length: number, additionalLength: number): void {
    const content = bytes.subarray(offset, offset + length);
    bytes.set(gcm(this.key, this.nonce, this.additional(additionalLength)).encrypt(content), offset);
  }

  open(bytes: Uint8Array, offset: number, length: number, additionalLength: number): boolean {
    const sealed = bytes.subarray(offset, offset + length + this.tagLength);
    const cipher = gcm(this.key, this.nonce, this.additional(additionalLength));
    // It reports a wrong tag by throwing.
    try {
      this.arrays.content.set(cipher.decrypt(sealed));
      return true;
    } catch {
      return false;
    }
  }
}

/** `length` in whole blocks, in bytes. */
function padded(length: number): number {
  return Math.ceil(length / BLOCK_LENGTH) * BLOCK_LENGTH;
}
