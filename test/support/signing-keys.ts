// Two keys of each algorithm, the same in every run.

import type { SignatureAlgorithm, SigningKey, VerificationKey } from "../../src/crypto/signature.ts";
import { pkcs8Of, SIGNATURE_VECTORS } from "../vectors/signature.ts";
import { CRYPTO } from "./crypto.ts";

export interface KeyPair {
  readonly signing: SigningKey;
  readonly verification: VerificationKey;
}

function pairOf(algorithm: SignatureAlgorithm, privateKey: Uint8Array): KeyPair {
  // Only ES256's encoding holds the public key.
  const publicKey = CRYPTO.secp256r1(privateKey).publicKey;
  const signing = CRYPTO.signingKey(pkcs8Of(algorithm, privateKey, publicKey))!;
  return { signing, verification: CRYPTO.verificationKey(signing.spki)! };
}

function pairs(algorithm: SignatureAlgorithm): readonly [KeyPair, KeyPair] {
  const { privateKey } = SIGNATURE_VECTORS.find((vector) => vector.algorithm === algorithm)!;
  const other = privateKey.slice();
  other[31]! ^= 1;
  return [pairOf(algorithm, privateKey), pairOf(algorithm, other)];
}

export const [ED25519_PAIR, OTHER_ED25519_PAIR] = pairs("ed25519");
export const [ES256_PAIR, OTHER_ES256_PAIR] = pairs("es256");
