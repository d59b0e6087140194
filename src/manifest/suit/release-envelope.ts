// A release as our native manifest says it, said again in SUIT: for devices of others.

import { assert } from "../../base/assert.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { SigningKey } from "../../crypto/signature.ts";
import type { AlgorithmNumbers } from "../cose-algorithm.ts";
import type { NativeManifest } from "../native-manifest.ts";
import { signEnvelope } from "./authentication.ts";
import { encodeEnvelope } from "./envelope.ts";
import { encodeManifest, type Manifest } from "./manifest.ts";
import { encodeRiotManifest, riotEnvelope, riotToBeSigned } from "./riot-envelope.ts";
import { type SuitRelease, suitManifest, type UpdateConditions } from "./template.ts";

/** What a native manifest does not say, and devices of others have to be told. */
export interface SuitAddress {
  /** 16 bytes each. */
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
  /** "coaps://host:port", before the paths. */
  readonly root: string;
}

/** `conditions` are for a class that knows update-management; a manifest's own end is one of them. */
export function suitReleaseOf(
  manifest: NativeManifest,
  { vendorId, classId, root }: SuitAddress,
  conditions?: UpdateConditions,
): SuitRelease {
  const { sequenceNumber, path, sha256, size, encryption, notAfter } = manifest;
  const info = encryption === undefined ? {} : { encryptionInfo: encryption.info };
  const images = [{ uri: root + path, sha256, size, ...info }];
  if (conditions === undefined) return { sequenceNumber, vendorId, classId, images };
  const end = notAfter === undefined ? {} : { useBefore: notAfter };
  return { sequenceNumber, vendorId, classId, images, conditions: { ...end, ...conditions } };
}

export function signedSuitEnvelope(
  crypto: CryptoProvider,
  key: SigningKey,
  release: SuitRelease,
  numbers?: AlgorithmNumbers,
): { readonly manifest: Manifest; readonly envelope: Uint8Array } {
  const manifest = suitManifest(release);
  return { manifest, envelope: encodeEnvelope(signEnvelope(crypto, encodeManifest(manifest), key, numbers)) };
}

/** For a release of which riotFault() says nothing. */
export function signedRiotEnvelope(crypto: CryptoProvider, key: SigningKey, release: SuitRelease): Uint8Array {
  assert(key.algorithm === "ed25519", "RIOT verifies Ed25519 alone");
  const manifest = encodeRiotManifest(release);
  return riotEnvelope(crypto, manifest, key.sign(riotToBeSigned(crypto, manifest)));
}
