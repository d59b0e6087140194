// Whom a verification believes, and when it is.

import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { VerificationKey } from "../../crypto/signature.ts";
import type { ImageKey } from "../../firmware/formats/image-summary.ts";

export interface Verifier {
  readonly crypto: CryptoProvider;
  readonly makers: readonly VerificationKey[];
  readonly imageKeys: readonly ImageKey[];
  /** Ids in hex. */
  readonly revoked?: ReadonlySet<string>;
  /** Milliseconds since 1970. */
  readonly now: number;
}
