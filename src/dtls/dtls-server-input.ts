// What a DTLS server is made of. Whatever another process must have to take its place is an argument here.

import type { Instant } from "../base/instant.ts";
import type { RandomSource } from "../base/random-source.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { CipherSuite } from "./cipher-suite.ts";
import type { DtlsServerOutlet } from "./dtls-server-outlet.ts";
import type { DtlsParameters } from "./parameters.ts";

export interface DtlsServerInput {
  readonly now: Instant;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly parameters: DtlsParameters;
  /** In the operator's order of preference. */
  readonly cipherSuites: readonly CipherSuite[];
  readonly outlet: DtlsServerOutlet;
  /**
   * COOKIE_SECRET_LENGTH bytes: another process that has them takes this one's cookies. They are
   * overwritten. Drawn when absent.
   */
  readonly cookieSecret?: Uint8Array | undefined;
  /** How all Connection IDs begin that are given out here, at most two bytes: another server at this address has others. */
  readonly connectionIdPrefix?: Uint8Array | undefined;
}
