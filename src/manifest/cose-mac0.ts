// RFC 9052 6.2 and 6.3: a MAC over a payload that is elsewhere, as manifests for devices without public keys have it.

import { bytesOfLatin1, EMPTY } from "../base/bytes.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";

/** RFC 9053 3.1: HMAC 256/256. */
export const HMAC_256 = 5;

const TAG_LENGTH = 32;

export function isMac0(
  crypto: CryptoProvider,
  key: Uint8Array,
  protectedHeader: Uint8Array,
  payload: Uint8Array,
  tag: Uint8Array,
): boolean {
  if (tag.length !== TAG_LENGTH) return false;
  const mac = crypto.hmacSha256(key);
  const right = bytesOfLatin1(mac.put(encodeCbor(["MAC0", protectedHeader, EMPTY, payload])).digest());
  mac.release();
  return crypto.equalInConstantTime(right, tag);
}
