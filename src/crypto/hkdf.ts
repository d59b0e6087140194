// RFC 5869 with SHA-256, for keys of up to 32 bytes: one round.

import { assert } from "../base/assert.ts";
import { bytesOfLatin1 } from "../base/bytes.ts";
import type { CryptoProvider } from "./crypto-provider.ts";
import { MAC_LENGTH } from "./hmac.ts";

/** 2.2 and 2.3, without salt. `secret` is not kept. */
export function hkdfSha256(crypto: CryptoProvider, secret: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  assert(length <= MAC_LENGTH, "one round");
  // 2.2: no salt is one of zeros.
  const extracting = crypto.hmacSha256(new Uint8Array(MAC_LENGTH));
  const pseudorandomKey = bytesOfLatin1(extracting.put(secret).digest());
  extracting.release();
  const expanding = crypto.hmacSha256(pseudorandomKey);
  const key = new Uint8Array(length);
  expanding.put(info).uint8(1).digestInto(key, 0, length);
  expanding.release();
  pseudorandomKey.fill(0);
  return key;
}
