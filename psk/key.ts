// Pre-shared keys, RFC 4279 5.3. No error here shows what it was given: it may be most of a key.

import { fromHex } from "../src/base/bytes.ts";
import { Secret } from "../src/base/secret.ts";
import { StoreError } from "../src/store/store-error.ts";

/** RFC 4279 5.3: every implementation takes keys of up to 64 bytes. */
export const KEY_LENGTH_MAX = 64;

/** A shorter key works, and should be replaced: who recorded a handshake without ECDHE can try all of them (RFC 4279 7.2). */
export const SAFE_KEY_LENGTH_MIN = 16;

/** The key written as hex digits. Throws StoreError "key". */
export function parseKey(hex: string): Secret {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new StoreError("key", "the key is not pairs of hex digits: write two for each byte");
  const key = new Secret(bytes);
  checkKey(key);
  return key;
}

/** Throws StoreError "key" unless there are 1 to 64 bytes. */
export function checkKey({ length }: Secret): void {
  if (length >= 1 && length <= KEY_LENGTH_MAX) return;
  throw new StoreError("key", `the key has ${length} bytes: use 1 to ${KEY_LENGTH_MAX} (RFC 4279 5.3)`);
}
