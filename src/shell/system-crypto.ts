// The provider of cryptography that this process has: the native one where it is built and wanted.

import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { nativeCrypto } from "../crypto/native-crypto.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { systemNativeParts } from "./system-native-parts.ts";

/** For one thread. */
export function systemCrypto(): CryptoProvider {
  const native = systemNativeParts();
  return typeof native === "object" && native.aead !== undefined ? nativeCrypto(native.aead) : nodeCrypto();
}
