// The provider out of Node's crypto alone.

import { AEAD_KEY_LENGTH, AEAD_LONG_KEY_LENGTH, AeadArrays } from "./aead.ts";
import { ccmMaker } from "./ccm.ts";
import type { CryptoProvider } from "./crypto-provider.ts";
import { gcmMaker } from "./gcm.ts";
import { NODE_PRIMITIVES } from "./node-primitives.ts";
import { NODE_SIGNATURES } from "./node-signatures.ts";
import { providerOf } from "./primitives.ts";

export function nodeCrypto(): CryptoProvider {
  const arrays = new AeadArrays();
  const gcm = gcmMaker(arrays, AEAD_KEY_LENGTH);
  const gcm256 = gcmMaker(arrays, AEAD_LONG_KEY_LENGTH);
  return providerOf({ arrays, ccm: ccmMaker(arrays), gcm, gcm256 }, NODE_PRIMITIVES, NODE_SIGNATURES);
}
