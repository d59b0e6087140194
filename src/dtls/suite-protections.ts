// What protects the records of each cipher suite, made once for all sessions of a server or a device: a session holds no
// more of it than where it is.

import type { RandomSource } from "../base/random-source.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { CipherSuite } from "./cipher-suite.ts";
import type { RecordProtection } from "./record/record-protection.ts";

export class SuiteProtections {
  readonly #crypto: CryptoProvider;
  readonly #random: RandomSource;
  readonly #macThenEncrypt = new Map<CipherSuite, RecordProtection>();
  readonly #encryptThenMac = new Map<CipherSuite, RecordProtection>();

  constructor(crypto: CryptoProvider, random: RandomSource) {
    this.#crypto = crypto;
    this.#random = random;
  }

  /** `encryptThenMac` is RFC 7366's, and concerns CBC suites only. */
  of(suite: CipherSuite, encryptThenMac: boolean): RecordProtection {
    const made = encryptThenMac ? this.#encryptThenMac : this.#macThenEncrypt;
    let protection = made.get(suite);
    if (protection === undefined) {
      protection = suite.protection(this.#crypto, this.#random, encryptThenMac);
      made.set(suite, protection);
    }
    return protection;
  }
}
