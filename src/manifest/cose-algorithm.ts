// Which numbers of IANA's COSE registry mean our two algorithms of signatures. RFC 9864 gave each a number that says
// everything; the older ones, of RFC 9053, leave the curve to the key, and tools go on writing them.

import type { SignatureAlgorithm } from "../crypto/signature.ts";

/** RFC 9864 2.1 and 2.2: ESP256 and Ed25519. What we write. */
const FULLY_SPECIFIED: Readonly<Record<SignatureAlgorithm, number>> = { es256: -9, ed25519: -19 };

/** RFC 9053 2.1 and 2.2: ES256 and EdDSA. What we read as well, and write for devices that know nothing else. */
const POLYMORPHIC: Readonly<Record<SignatureAlgorithm, number>> = { es256: -7, ed25519: -8 };

export type AlgorithmNumbers = "fullySpecified" | "polymorphic";

export function coseAlgorithm(algorithm: SignatureAlgorithm, numbers: AlgorithmNumbers = "fullySpecified"): number {
  return (numbers === "fullySpecified" ? FULLY_SPECIFIED : POLYMORPHIC)[algorithm];
}

/** Undefined for an algorithm that is none of ours. */
export function signatureAlgorithm(number: number): SignatureAlgorithm | undefined {
  for (const algorithm of ["ed25519", "es256"] as const) {
    if (number === FULLY_SPECIFIED[algorithm] || number === POLYMORPHIC[algorithm]) return algorithm;
  }
  return undefined;
}
