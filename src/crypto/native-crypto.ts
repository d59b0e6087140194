// The provider whose AEAD is the part in C; all else is Node's crypto, which costs little more than OpenSSL itself there.

import type { NativeAead } from "../native/aead.ts";
import type { CryptoProvider } from "./crypto-provider.ts";
import { nativeAead } from "./native-aead.ts";
import { NODE_PRIMITIVES } from "./node-primitives.ts";
import { NODE_SIGNATURES } from "./node-signatures.ts";
import { providerOf } from "./primitives.ts";

export function nativeCrypto(native: NativeAead): CryptoProvider {
  return providerOf(nativeAead(native), NODE_PRIMITIVES, NODE_SIGNATURES);
}
