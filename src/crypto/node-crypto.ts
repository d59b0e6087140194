// The provider out of Node's crypto alone.

import { AeadArrays } from "./aead.ts";
import { ccmMaker } from "./ccm.ts";
import type { CryptoProvider } from "./crypto-provider.ts";
import { gcmMaker } from "./gcm.ts";
import { providerAround } from "./node-primitives.ts";

export function nodeCrypto(): CryptoProvider {
  const arrays = new AeadArrays();
  return providerAround({ arrays, ccm: ccmMaker(arrays), gcm: gcmMaker(arrays) });
}
