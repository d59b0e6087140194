// The provider that the tests hand in: the one that this process has.

import { systemCrypto } from "../../src/shell/system-crypto.ts";

export const CRYPTO = systemCrypto();
