// What `release` and `publish BUNDLE` print: what a device will see of it.

import { toHex } from "../../base/bytes.ts";
import type { VerificationKey } from "../../crypto/signature.ts";
import type { ImageFormat } from "../../firmware/formats/image-summary.ts";
import { etagOf } from "../../firmware/image-etag.ts";
import type { NativeManifest } from "../../manifest/native-manifest.ts";
import { digestOf, manifestIn, type NewRelease, type SignedRelease, trustRootIn } from "../../release-store/release.ts";
import { encryptionLine, encryptionReport } from "../inspect/encryption-words.ts";
import { FORMAT_WORDS } from "../inspect/words.ts";
import { formatFields } from "../report.ts";
import { airBytes, airWords, sumOf } from "./air-bytes.ts";
import type { ReleaseContent } from "./signed-parts.ts";

/** What is said of the image itself: its format, or null where it cannot be looked into. */
export interface ShownImage {
  readonly format: ImageFormat | null;
  readonly findings: readonly string[];
}

export type ReleaseReport = ReturnType<typeof releaseReport>;

export function releaseReport(
  { product }: Pick<ReleaseContent, "product">,
  release: NewRelease,
  key: Pick<VerificationKey, "algorithm" | "keyId">,
  { format, findings }: ShownImage,
  bundle: string | undefined,
) {
  const manifest = manifestIn(release.manifest);
  const { version, sequenceNumber, class: className, path, size, sha256, securityCounter, encryption } = manifest;
  return {
    product,
    version,
    sequenceNumber,
    class: className ?? null,
    format,
    securityCounter: securityCounter ?? null,
    findings,
    path,
    size,
    sha256: toHex(sha256),
    encryption: encryption === undefined ? null : encryptionReport(encryption),
    etag: toHex(etagOf((encryption ?? manifest).sha256)),
    manifest: documentReport(`/m/${product}`, release.manifest),
    suit: release.suit === undefined ? null : documentReport(`/m/${product}/suit`, release.suit),
    riot: release.riot === undefined ? null : documentReport(`/m/${product}/riot`, release.riot),
    signedBy: { algorithm: key.algorithm, keyId: toHex(key.keyId) },
    notAfter: manifest.notAfter === undefined ? null : dayOf(manifest.notAfter),
    wayBack: release.wayBack === undefined ? null : wayBackReport(release.wayBack),
    trustRoot: release.trustRoot === undefined ? null : rootReport(release.trustRoot),
    onAir: onAir(manifest, release.manifest.length),
    bundle: bundle ?? null,
  };
}

function documentReport(path: string, bytes: Uint8Array) {
  return { path, size: bytes.length, sha256: toHex(digestOf(bytes)) };
}

function wayBackReport({ manifest, suit }: SignedRelease) {
  const { version, sequenceNumber, notAfter = 0 } = manifestIn(manifest);
  return { version, sequenceNumber, notAfter: dayOf(notAfter), suitSize: suit?.length ?? null };
}

function dayOf(seconds: number): string {
  return new Date(1_000 * seconds).toISOString().slice(0, 10);
}

function rootReport(root: Uint8Array) {
  const { number, notAfter } = trustRootIn(root);
  return { number, notAfter: dayOf(notAfter) };
}

function onAir({ product, class: className, path, size, encryption }: NativeManifest, manifestLength: number) {
  const manifest = airBytes(`/m/${product}`, className === undefined ? undefined : `c=${className}`, manifestLength);
  return sumOf(manifest, airBytes(path, undefined, encryption?.size ?? size));
}

export function formatRelease(report: ReleaseReport): string {
  const { manifest, suit, riot, wayBack, trustRoot, signedBy, securityCounter, encryption, notAfter, bundle } = report;
  const fields = {
    release: `${report.product} ${report.version}${report.class === null ? "" : ` for ${report.class}`}`,
    "sequence number": report.sequenceNumber,
    format: report.format === null ? "not to be seen, for it is encrypted" : FORMAT_WORDS[report.format].name,
    ...(securityCounter !== null && { "security counter": securityCounter }),
    image: `${report.path}, ${report.size} bytes`,
    sha256: report.sha256,
    ...(encryption !== null && { encrypted: encryptionLine(encryption) }),
    etag: report.etag,
    manifest: `${manifest.path}, ${manifest.size} bytes`,
    "manifest's sha256": manifest.sha256,
    ...(notAfter !== null && { "taken until": notAfter }),
    ...(suit !== null && {
      "SUIT envelope": `${suit.path}, ${suit.size} bytes; a device of the class that has the release before would accept it`,
    }),
    ...(riot !== null && { "RIOT's envelope": `${riot.path}, ${riot.size} bytes` }),
    "signed by": `${signedBy.algorithm} key ${signedBy.keyId}`,
    ...(trustRoot !== null && {
      "trust root": `${manifest.path}/root, number ${trustRoot.number}, until ${trustRoot.notAfter}`,
    }),
    ...(wayBack !== null && {
      "way back": `${wayBack.version}, sequence number ${wayBack.sequenceNumber}, sealed, until ${wayBack.notAfter}${wayBack.suitSize === null ? "" : `; SUIT envelope of ${wayBack.suitSize} bytes`}`,
    }),
    "on the air": `${airWords(report.onAir)}, and a handshake`,
    ...(bundle !== null && { bundle }),
  };
  return [formatFields(fields), ...report.findings].join("\n");
}
