// All that a maker signs for a release, in a fixed order, so that a signer elsewhere is asked for the same each time.

import { createHash } from "node:crypto";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { SigningKey } from "../../crypto/signature.ts";
import type { ImageEncryption, NativeManifest } from "../../manifest/native-manifest.ts";
import { encodeReleaseRecord, type ReleaseKind } from "../../manifest/release-record.ts";
import { SIGNED_MANIFEST, SIGNED_TRUST_ROOT, sign } from "../../manifest/signed-object.ts";
import type { UpdateConditions } from "../../manifest/suit/template.ts";
import type { TrustRoot } from "../../manifest/trust-root.ts";
import type { NewRelease } from "../../release-store/release.ts";
import { type SuitIds, signSuit } from "./suit-envelopes.ts";

/** An image and what its maker says of it. */
export interface ReleasedImage {
  readonly version: string;
  readonly sha256: Uint8Array;
  /** Bytes. */
  readonly size: number;
  readonly path: string;
  readonly securityCounter?: number | undefined;
  /** Where it is served encrypted. */
  readonly encryption?: ImageEncryption | undefined;
}

export interface ReleaseContent {
  readonly product: string;
  readonly class?: string | undefined;
  readonly sequenceNumber: number;
  readonly image: ReleasedImage;
  readonly kind?: ReleaseKind | undefined;
  readonly notes?: Uint8Array | undefined;
  readonly sbom?: Uint8Array | undefined;
  /** The image that devices go back to, and until when they may: seconds since 1970. */
  readonly wayBack?: { readonly image: ReleasedImage; readonly notAfter: number } | undefined;
  readonly trustRoot?: TrustRoot | undefined;
  /** For devices that read SUIT. */
  readonly suit?: SuitIds | undefined;
  /** What their devices ask before they install it. */
  readonly conditions?: UpdateConditions | undefined;
  /** Milliseconds since 1970. */
  readonly releasedAt: number;
}

export function signRelease(crypto: CryptoProvider, key: SigningKey, content: ReleaseContent): NewRelease {
  const { sequenceNumber, image, suit, conditions, notes, sbom, wayBack, trustRoot, releasedAt } = content;
  const record = recordOf(content);
  // RIOT's dialect has no word for what has to run before.
  const wayBackSuit = (ids: SuitIds, older: NativeManifest) =>
    signSuit(crypto, key, { ...ids, forRiot: false }, older, { forRunning: image });
  const more = { record: record && sha256(record), notAfter: conditions?.useBefore };
  const manifest = manifestOf(content, image, sequenceNumber, more);
  // The next higher number: a device takes it by that, as it takes any.
  const back =
    wayBack &&
    manifestOf(content, wayBack.image, sequenceNumber + 1, {
      notAfter: wayBack.notAfter,
      forRunning: image.sha256,
    });
  return {
    manifest: sign(SIGNED_MANIFEST, key, manifest),
    ...(suit && signSuit(crypto, key, suit, { sequenceNumber, ...image }, conditions && { conditions })),
    ...(back && { wayBack: { manifest: sign(SIGNED_MANIFEST, key, back), ...(suit && wayBackSuit(suit, back)) } }),
    ...(trustRoot && { trustRoot: sign(SIGNED_TRUST_ROOT, key, trustRoot) }),
    ...(record && { record }),
    ...(notes && { notes }),
    ...(sbom && { sbom }),
    releasedAt,
  };
}

function manifestOf(
  { product, class: className }: ReleaseContent,
  image: ReleasedImage,
  sequenceNumber: number,
  more: Pick<NativeManifest, "record" | "notAfter" | "forRunning">,
): NativeManifest {
  const { version, sha256: digest, size, path, securityCounter, encryption } = image;
  const component = { product, version, sha256: digest, size, path };
  return { sequenceNumber, ...component, class: className, securityCounter, encryption, ...more };
}

function recordOf({ kind, notes, sbom }: ReleaseContent): Uint8Array | undefined {
  if (kind === undefined && notes === undefined && sbom === undefined) return undefined;
  return encodeReleaseRecord({ kind, notes: notes && sha256(notes), sbom: sbom && sha256(sbom) });
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}
