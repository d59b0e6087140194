// A release as our native manifest says it, said again in SUIT: for devices of others.

import { assert } from "../../base/assert.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { SigningKey } from "../../crypto/signature.ts";
import type { AlgorithmNumbers } from "../cose-algorithm.ts";
import type { NativeManifest } from "../native-manifest.ts";
import { signEnvelope } from "./authentication.ts";
import { encodeEnvelope } from "./envelope.ts";
import { encodeManifest } from "./manifest.ts";
import { encodeRiotManifest, riotEnvelope, riotToBeSigned } from "./riot-envelope.ts";
import { type SuitRelease, suitManifest } from "./template.ts";

/** What a native manifest does not say, and devices of others have to be told. */
export interface SuitAddress {
  /** 16 bytes each. */
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
  /** "coaps://host:port", before the paths; empty where devices know their server. */
  readonly root: string;
}

/** What of a native manifest a SUIT manifest says too. */
export type ReleaseContent = Pick<NativeManifest, "sequenceNumber" | "path" | "sha256" | "size" | "encryption">;

/** What is asked of a device beyond what every release asks. */
export type SuitConditions = Pick<SuitRelease, "forRunning" | "conditions">;

export function suitReleaseOf(
  content: ReleaseContent,
  { vendorId, classId, root }: SuitAddress,
  asked: SuitConditions = {},
): SuitRelease {
  const { sequenceNumber, path, sha256, size, encryption } = content;
  const image = { uri: root + path, sha256, size, ...(encryption && { encryptionInfo: encryption.info }) };
  return { sequenceNumber, vendorId, classId, images: [image], ...asked };
}

export function signedSuitEnvelope(
  crypto: CryptoProvider,
  key: SigningKey,
  release: SuitRelease,
  numbers?: AlgorithmNumbers,
): Uint8Array {
  return encodeEnvelope(signEnvelope(crypto, encodeManifest(suitManifest(release)), key, numbers));
}

/** For a release of which riotFault() says nothing. */
export function signedRiotEnvelope(crypto: CryptoProvider, key: SigningKey, release: SuitRelease): Uint8Array {
  assert(key.algorithm === "ed25519", "RIOT verifies Ed25519 alone");
  const manifest = encodeRiotManifest(release);
  return riotEnvelope(crypto, manifest, key.sign(riotToBeSigned(crypto, manifest)));
}
