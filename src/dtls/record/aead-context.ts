// One AES key ready for one direction, as an interface with three implementations: native-aead.ts, and where the native
// parts are absent ccm.ts and gcm.ts. Nonce, additional data and opened content are in arrays that all calls share, so
// that a record costs no allocation: a call is over before the next one begins.

import { RECORD_FRAGMENT_LENGTH_MAX } from "../parameters.ts";
import { ADDITIONAL_DATA_LENGTH_MAX } from "./record-protection.ts";

export const NONCE_LENGTH = 12;

/** The nonce, and behind it the additional data of the call. */
export const HEADER = new Uint8Array(NONCE_LENGTH + ADDITIONAL_DATA_LENGTH_MAX);

/** What the last call of open() opened. */
export const CONTENT = new Uint8Array(RECORD_FRAGMENT_LENGTH_MAX);

export interface AeadContext {
  /** Encrypts `length` bytes from `offset` on in place, and writes the tag behind them. */
  seal(bytes: Uint8Array, offset: number, length: number, additionalLength: number): void;
  /** Decrypts `length` bytes from `offset` on, behind which stands the tag, into CONTENT; false for a wrong tag. */
  open(bytes: Uint8Array, offset: number, length: number, additionalLength: number): boolean;
  /** Gives back what OpenSSL holds for it. No other call may follow. */
  release(): void;
}

/** `key` is not kept. */
export type AeadContextMaker = (key: Uint8Array, tagLength: 8 | 16, direction: "seal" | "open") => AeadContext;
