// On which devices no new image starts: a share of them, and always the same ones.

import { bytesOfLatin1, toUtf8 } from "../src/base/bytes.ts";
import type { CryptoProvider } from "../src/crypto/crypto-provider.ts";

/** By a hash of the name, which is the device's alone. */
export function isAmong(crypto: CryptoProvider, share: number, name: string): boolean {
  const digest = bytesOfLatin1(crypto.sha256(toUtf8(name)));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0) / 2 ** 32 < share;
}
