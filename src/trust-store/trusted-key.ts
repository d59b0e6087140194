// The public keys that a server believes, each in a role, for one product or for all.

import { createHash, type KeyObject } from "node:crypto";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { Role } from "../manifest/trust-root.ts";
import { StoreError } from "../store/store-error.ts";
import { readPublicKey } from "./key-file.ts";

/** The first two sign manifests and all else of ours; the others only what an image's own format signs. */
export type PublicKeyAlgorithm = "ed25519" | "es256" | "es384" | "rsa2048" | "rsa3072";

export interface PublicKey {
  readonly algorithm: PublicKeyAlgorithm;
  /** SHA-256 of `spki`, 32 bytes. */
  readonly keyId: Uint8Array;
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
}

export interface TrustedKey extends PublicKey {
  readonly role: Role;
  /** Every product when absent. */
  readonly product?: string | undefined;
  /** Milliseconds since 1970. */
  readonly addedAt: number;
  /** The same; absent as long as it is believed. */
  readonly revokedAt?: number | undefined;
  /** Of a witness: where it takes checkpoints. */
  readonly url?: string | undefined;
}

/** The public key in a file, for a role. Throws StoreError: keyFile, unreadable. */
export function readTrustedKey(file: string, role: Role, crypto: CryptoProvider): PublicKey {
  const key = readPublicKey(file);
  const spki = new Uint8Array(key.export({ type: "spki", format: "der" }));
  const ours = crypto.verificationKey(spki);
  if (ours !== undefined) return { algorithm: ours.algorithm, keyId: ours.keyId, spki };
  const algorithm = imageKeyAlgorithm(key);
  if (algorithm === undefined) {
    throw new StoreError("keyFile", `${file} is a key of a kind that nobody uses here: use Ed25519 or ES256 (P-256)`);
  }
  if (role !== "maker") {
    throw new StoreError("keyFile", `${file} is ${algorithm}: a ${role} signs with Ed25519 or ES256 (P-256)`);
  }
  return { algorithm, keyId: new Uint8Array(createHash("sha256").update(spki).digest()), spki };
}

/** Of the keys that bootloaders know beside ours. */
function imageKeyAlgorithm({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): PublicKeyAlgorithm | undefined {
  const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === "rsa" && (modulusLength === 2048 || modulusLength === 3072)) return `rsa${modulusLength}`;
  return asymmetricKeyType === "ec" && namedCurve === "secp384r1" ? "es384" : undefined;
}
