// AES-128 in CCM and GCM, and AES-256 in GCM, as an interface: one key ready for one direction is a context. Nonce, additional
// data and opened content are in arrays that all contexts of a provider share, so that a record costs no allocation: a call
// is over before the next one begins.

import { PrefixViews } from "../base/prefix-views.ts";

/** Of AES-128, and of AES-256. */
export const AEAD_KEY_LENGTH = 16;
export const AEAD_LONG_KEY_LENGTH = 32;
export const NONCE_LENGTH = 12;

/** RFC 5246 6.2.3.3's additional data, and what RFC 9146 5.3 makes of it around the longest Connection ID. */
export const ADDITIONAL_LENGTH_MAX = 23 + 255;

/** The most that a call seals or opens: RFC 5246 6.2.3's longest fragment. */
export const AEAD_CONTENT_LENGTH_MAX = 2 ** 14 + 2048;

export type TagLength = 8 | 16;

export interface AeadContext {
  /** Encrypts `length` bytes from `offset` on in place, and writes the tag behind them. */
  seal(bytes: Uint8Array, offset: number, length: number, additionalLength: number): void;
  /** Decrypts `length` bytes from `offset` on, behind which stands the tag, into `content`; false for a wrong tag. */
  open(bytes: Uint8Array, offset: number, length: number, additionalLength: number): boolean;
  /** Gives back what it holds, with its key overwritten. No other call may follow. */
  release(): void;
}

/** `keys` begins with the key, which is not kept: 16 bytes, and 32 for AES-256. */
export type AeadContextMaker = (keys: Uint8Array, tagLength: TagLength, direction: "seal" | "open") => AeadContext;

export interface Aead {
  readonly arrays: AeadArrays;
  readonly ccm: AeadContextMaker;
  readonly gcm: AeadContextMaker;
  /** AES-256 in GCM: for what is kept and not sent. */
  readonly gcm256: AeadContextMaker;
}

/** What all contexts of a provider share. */
export class AeadArrays {
  /** The nonce, and behind it the additional data of the call. */
  readonly header = new Uint8Array(NONCE_LENGTH + ADDITIONAL_LENGTH_MAX);
  /** What the last call of open() opened. */
  readonly content = new Uint8Array(AEAD_CONTENT_LENGTH_MAX);
  /** The first bytes of it, as views that are kept. */
  readonly contents = new PrefixViews(this.content);
  /** Where a key stands while a context is made of it. OpenSSL reads it outside of V8's heap: 0.3 µs to move it there. */
  readonly #key = new Uint8Array(new ArrayBuffer(AEAD_KEY_LENGTH));

  /** What `make` makes of the key that `keys` begins with: of an array that is overwritten then. */
  withKey<Made>(keys: Uint8Array, make: (key: Uint8Array) => Made): Made {
    const key = this.#key;
    for (let i = 0; i < AEAD_KEY_LENGTH; i++) key[i] = keys[i]!;
    try {
      return make(key);
    } finally {
      key.fill(0);
    }
  }
}
