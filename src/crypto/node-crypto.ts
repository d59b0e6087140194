// The provider out of Node's crypto alone.

import { AeadArrays } from "./aead.ts";
import { ccmMaker } from "./ccm.ts";
import type { CryptoProvider } from "./crypto-provider.ts";
import { gcmMaker } from "./gcm.ts";
import { NODE_PRIMITIVES } from "./node-primitives.ts";
import { NODE_SIGNATURES } from "./node-signatures.ts";
import { providerOf } from "./primitives.ts";

export function nodeCrypto(): CryptoProvider {
  const arrays = new AeadArrays();
  return providerOf({ arrays, ccm: ccmMaker(arrays), gcm: gcmMaker(arrays) }, NODE_PRIMITIVES, NODE_SIGNATURES);
}
