// What a library brings, and the provider that is made of it.

import type { Aead } from "./aead.ts";
import type { CryptoProvider } from "./crypto-provider.ts";
import { HmacPool } from "./hmac.ts";
import { SavableSha256 } from "./savable-sha256.ts";
import { type SignaturePrimitives, signingKeyOf, verificationKeyOf } from "./signature.ts";

export type Primitives = Pick<
  CryptoProvider,
  "encryptCbc" | "decryptCbc" | "payload" | "sha256" | "sha256Each" | "x25519" | "secp256r1" | "equalInConstantTime"
>;

export function providerOf(aead: Aead, primitives: Primitives, signatures: SignaturePrimitives): CryptoProvider {
  const { sha256 } = primitives;
  const macs = new HmacPool(sha256);
  return {
    ...primitives,
    aead,
    sha256Stream: () => SavableSha256.begin(),
    resumeSha256: (state) => SavableSha256.resume(state),
    hmacSha256: (key) => macs.take(key),
    verificationKey: (spki) => verificationKeyOf(spki, sha256, signatures),
    signingKey: (pkcs8) => signingKeyOf(pkcs8, sha256, signatures),
  };
}
