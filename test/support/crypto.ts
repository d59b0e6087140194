// The provider that the tests hand in: the one that this process has, or the one that NARROWBOAT_TEST_CRYPTO names, as
// test/device/noble.test.ts has it.

import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import { nobleCrypto } from "../../src/crypto/noble-crypto.ts";
import { systemCrypto } from "../../src/shell/system-crypto.ts";

const MAKERS: Readonly<Record<string, () => CryptoProvider>> = { system: systemCrypto, noble: nobleCrypto };

function cryptoNamed(name: string): CryptoProvider {
  const make = MAKERS[name];
  if (make === undefined) throw new Error(`there is no provider "${name}"`);
  return make();
}

export const CRYPTO = cryptoNamed(process.env["NARROWBOAT_TEST_CRYPTO"] ?? "system");
