// PSK identities, RFC 4279 5.1 and 5.3: byte strings, nearly always of UTF-8 text. For people an identity is that text;
// one that does not print, or that begins with "hex:" itself, is "hex:" and its bytes.

import { fromHex, fromUtf8, toHex, toUtf8 } from "../src/base/bytes.ts";
import { StoreError } from "../src/store/store-error.ts";

/** RFC 4279 5.3: every implementation takes identities of up to 128 bytes. */
export const IDENTITY_LENGTH_MAX = 128;

const HEX_PREFIX = "hex:";

/** Letters, marks, digits, punctuation, symbols, and plain spaces inside. */
const PRINTABLE = /^(?!hex:)(?! )[\p{L}\p{M}\p{N}\p{P}\p{S} ]+(?<! )$/u;

/** The identity that `text` stands for. Throws StoreError "identity". */
export function parseIdentity(text: string): Uint8Array {
  const identity = text.startsWith(HEX_PREFIX) ? fromHex(text.slice(HEX_PREFIX.length)) : toUtf8(text);
  if (identity === undefined) {
    throw new StoreError("identity", "what follows hex: is not pairs of hex digits: write two for each byte");
  }
  checkIdentity(identity);
  return identity;
}

/** How an identity is written for people; parseIdentity gives the same bytes back. */
export function identityText(identity: Uint8Array): string {
  const text = fromUtf8(identity);
  return text !== undefined && PRINTABLE.test(text) ? text : HEX_PREFIX + toHex(identity);
}

/** Throws StoreError "identity" unless there are 1 to 128 bytes. */
export function checkIdentity(identity: Uint8Array): void {
  const { length } = identity;
  if (length >= 1 && length <= IDENTITY_LENGTH_MAX) return;
  throw new StoreError("identity", `the identity has ${length} bytes: use 1 to ${IDENTITY_LENGTH_MAX} (RFC 4279 5.3)`);
}
