// Releases that a maker signed, for tests of those who keep, serve and take them.

import { createHash } from "node:crypto";
import type { SigningKey } from "../../src/crypto/signature.ts";
import type { NativeManifest } from "../../src/manifest/native-manifest.ts";
import { SIGNED_MANIFEST, SIGNED_TRUST_ROOT, sign } from "../../src/manifest/signed-object.ts";
import type { TrustRoot } from "../../src/manifest/trust-root.ts";
import { ED25519_PAIR } from "./signing-keys.ts";

export const MAKER: SigningKey = ED25519_PAIR.signing;

export function sha256(bytes: Uint8Array | string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

/** What stands for the image of a version. */
export function imageDigest(version: string): Uint8Array {
  return sha256(`image ${version}`);
}

/** The manifest of "pump" in a version, signed by MAKER. */
export function signedManifest(
  sequenceNumber: number,
  version: string,
  more: Partial<NativeManifest> = {},
  maker = MAKER,
): Uint8Array {
  const product = more.product ?? "pump";
  const image = { sha256: imageDigest(version), size: 1_000, path: `/fw/${product}/${version}` };
  return new Uint8Array(sign(SIGNED_MANIFEST, maker, { sequenceNumber, product, version, ...image, ...more }));
}

export function signedTrustRoot(number: number, more: Partial<TrustRoot> = {}): Uint8Array {
  const keys = [{ role: "maker", spki: MAKER.spki }] as const;
  const root = { number, product: "pump", notAfter: 4_000_000_000, keys, servers: [], ...more };
  return new Uint8Array(sign(SIGNED_TRUST_ROOT, MAKER, root));
}
