// What stands in the registry for a device. Each device has a secret of its own in the store: as long as it is there its
// entries can be found, and when it is destroyed nobody can tell whose they were, though the tree stays as it is.

import { toUtf8 } from "../base/bytes.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";

export const PSEUDONYM_LENGTH = 16;

/** So that no other use of the secret gives the same. */
const LABEL = toUtf8("narrowboat pseudonym\n");

/** HMAC-SHA-256 of the identity under the device's secret (32 random bytes), cut to 16 bytes. */
export function pseudonymOf(crypto: CryptoProvider, secret: Uint8Array, identity: Uint8Array): Uint8Array {
  const mac = crypto.hmacSha256(secret).put(LABEL).put(identity);
  const pseudonym = new Uint8Array(PSEUDONYM_LENGTH);
  mac.digestInto(pseudonym, 0, PSEUDONYM_LENGTH);
  mac.release();
  return pseudonym;
}
