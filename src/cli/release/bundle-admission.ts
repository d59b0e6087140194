// A bundle is admitted when what the server trusts proves all of it: nothing in it is believed for being there.

import { FirmwareStore } from "../../../firmware-store/firmware-store.ts";
import { equal } from "../../base/bytes.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { imagePath } from "../../firmware/image-name.ts";
import type { NativeManifest } from "../../manifest/native-manifest.ts";
import { open, SIGNED_MANIFEST } from "../../manifest/signed-object.ts";
import { manifestIn } from "../../release-store/release.ts";
import { jobFailed } from "../command-error.ts";
import { releaseFindings } from "../verify/release-findings.ts";
import { type Bundle, readBundle, releaseIn } from "./bundle-file.ts";
import { judgeImage, refuseLowCounter } from "./judged-image.ts";
import { type Trust, trustFor, withReleases } from "./release-stores.ts";
import { type ReleaseReport, releaseReport, type ShownImage } from "./report.ts";

/** Publishes the image of a bundle and adds its release. Throws CommandError, StoreError. */
export function admitBundle(data: string, file: string, crypto: CryptoProvider, now: number): ReleaseReport {
  const bundle = readBundle(file);
  const release = releaseIn(bundle, now);
  // Not to be believed yet: it says whom to ask about.
  const claimed = manifestIn(release.manifest);
  const trust = trustFor(data, claimed.product, crypto);
  const findings = releaseFindings(release, bundle.image, { crypto, ...trust, now }, true);
  const wrong = findings.find(({ verdict }) => verdict === "wrong");
  if (wrong !== undefined) throw jobFailed(`${file} is not admitted: ${wrong.what}: ${wrong.detail}`);
  const opened = open(SIGNED_MANIFEST, release.manifest, () => trust.makers);
  if (!opened.ok) throw jobFailed(`${file} is not admitted: ${opened.error.detail}`);
  const { value: manifest, key } = opened.value;
  const shown = shownImage(data, file, manifest, bundle, trust);
  refuseOldSequence(data, file, manifest);
  if (release.wayBack !== undefined) refuseMissingWayBack(data, file, release.wayBack.manifest);
  publishImage(data, file, manifest, bundle.image, now);
  withReleases(data, (store) => store.add(release));
  return releaseReport(manifest, release, key, shown, undefined);
}

function shownImage(
  data: string,
  file: string,
  manifest: NativeManifest,
  { image }: Bundle,
  { imageKeys }: Trust,
): ShownImage {
  const { product, version, class: className, securityCounter, encryption } = manifest;
  const newest = withReleases(data, ({ releases }) => releases.current(product, className));
  const newestCounter = newest?.content.securityCounter;
  const rules = { file, product, version, keys: imageKeys, newestCounter };
  if (encryption === undefined) {
    const { summary, findings } = judgeImage(image, rules);
    return { format: summary.format, findings };
  }
  // What is in it was judged where it was encrypted; what the maker signed of it counts here.
  refuseLowCounter({ ...(securityCounter !== undefined && { securityCounter }) }, rules);
  return { format: null, findings: [] };
}

/** Before anything is published: the store of releases refuses it too, but the image would be there by then. */
function refuseOldSequence(data: string, file: string, { product, sequenceNumber }: NativeManifest): void {
  const newest = withReleases(data, ({ releases }) => releases.newestSequence(product));
  if (sequenceNumber > newest) return;
  throw jobFailed(
    `${file} is not admitted: its sequence number ${sequenceNumber} is not above ${newest}, the newest of ${product}`,
  );
}

/** Devices would be sent back to nothing. */
function refuseMissingWayBack(data: string, file: string, signed: Uint8Array): void {
  const manifest = manifestIn(signed);
  const { product, version } = manifest;
  const { sha256: served } = manifest.encryption ?? manifest;
  const store = FirmwareStore.open(data);
  try {
    const there = store.list().find((image) => image.product === product && image.version === version);
    if (there !== undefined && equal(there.sha256, served)) return;
  } finally {
    store.close();
  }
  const path = imagePath(product, version);
  throw jobFailed(
    `${file} is not admitted: its way back leads to ${path}, which is not published here with those bytes`,
  );
}

function publishImage(
  data: string,
  file: string,
  { product, version }: NativeManifest,
  bytes: Uint8Array,
  publishedAt: number,
): void {
  const store = FirmwareStore.open(data);
  try {
    store.publish({ file, bytes, product, version, publishedAt });
  } finally {
    store.close();
  }
}
