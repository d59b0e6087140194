// A release as it is handed in, as it is stored, and what is read out of its manifest. Nothing is given twice: product, version
// and class are those that the maker signed.

import { createHash } from "node:crypto";
import { decodeSign1 } from "../manifest/cose-sign1.ts";
import { decodeNativeManifest, type NativeManifest } from "../manifest/native-manifest.ts";
import { decodeTrustRoot, type TrustRoot } from "../manifest/trust-root.ts";
import { StoreError } from "../store/store-error.ts";

/** A signed native manifest, and the same said in other formats. */
export interface SignedRelease {
  /** COSE_Sign1. */
  readonly manifest: Uint8Array;
  /** SUIT envelope. */
  readonly suit?: Uint8Array | undefined;
  /** SUIT envelope as RIOT's devices read it. */
  readonly riot?: Uint8Array | undefined;
}

/** What one release brings, all of it or none. */
export interface NewRelease extends SignedRelease {
  /** For the devices that run this release; stored sealed. */
  readonly wayBack?: SignedRelease | undefined;
  /** COSE_Sign1. */
  readonly trustRoot?: Uint8Array | undefined;
  /** What the maker says of it beside the manifest: kind, and digests of notes and SBOM. */
  readonly record?: Uint8Array | undefined;
  readonly notes?: Uint8Array | undefined;
  readonly sbom?: Uint8Array | undefined;
  /** Milliseconds since 1970. */
  readonly releasedAt: number;
}

export interface StoredRelease extends SignedRelease {
  /** What `manifest` says. */
  readonly content: NativeManifest;
  /** SHA-256 of `manifest`. */
  readonly digest: Uint8Array;
  readonly record?: Uint8Array | undefined;
  /** Of a way back: the version that it leads away from. */
  readonly backFrom?: string | undefined;
  /** Milliseconds since 1970. */
  readonly releasedAt: number;
  /** The same; absent for a way back that is sealed. */
  readonly offeredAt?: number | undefined;
  /** The same; absent as long as it is offered. */
  readonly withdrawnAt?: number | undefined;
}

/** What a signed manifest says; who signed it was looked at before. Throws StoreError: manifest. */
export function manifestIn(signed: Uint8Array): NativeManifest {
  const sign1 = decodeSign1(signed);
  if (!sign1.ok) throw new StoreError("manifest", `the manifest cannot be read: ${sign1.error.detail}`);
  const manifest = decodeNativeManifest(sign1.value.payload);
  if (!manifest.ok) throw new StoreError("manifest", `the manifest cannot be read: ${manifest.error.reason}`);
  return manifest.value;
}

/** The same for a trust root. */
export function trustRootIn(signed: Uint8Array): TrustRoot {
  const sign1 = decodeSign1(signed);
  if (!sign1.ok) throw new StoreError("manifest", `the trust root cannot be read: ${sign1.error.detail}`);
  const root = decodeTrustRoot(sign1.value.payload);
  if (!root.ok) throw new StoreError("manifest", `the trust root cannot be read: ${root.error.reason}`);
  return root.value;
}

export function digestOf(signed: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(signed).digest());
}
