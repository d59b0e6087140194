// What can be proved about a release with the maker's key alone: who signed it, whether image and documents are those that were
// signed, and whether all that comes with it says the same. Nothing here asks a server.

import { equal, toHex } from "../../base/bytes.ts";
import type { NativeManifest } from "../../manifest/native-manifest.ts";
import { decodeReleaseRecord } from "../../manifest/release-record.ts";
import { open, SIGNED_MANIFEST, SIGNED_TRUST_ROOT, type SignedKind } from "../../manifest/signed-object.ts";
import type { NewRelease } from "../../release-store/release.ts";
import { digest } from "../image-file.ts";
import { encryptionLine, encryptionReport } from "../inspect/encryption-words.ts";
import { agree } from "../release/judged-image.ts";
import { riotFinding, suitFinding } from "./envelope-findings.ts";
import { compared, type Finding, right, unchecked, wrong } from "./finding.ts";
import { imageFindings } from "./image-findings.ts";
import type { Verifier } from "./verifier.ts";

/** `image` is absent where it was not given; in a bundle all has to be there that was signed. */
export function releaseFindings(
  release: Omit<NewRelease, "releasedAt">,
  image: Uint8Array | undefined,
  verifier: Verifier,
  isBundle: boolean,
): readonly Finding[] {
  const opened = openedBy("manifest", SIGNED_MANIFEST, release.manifest, verifier);
  if (opened.value === undefined) return [opened.finding];
  const manifest = opened.value;
  return [
    opened.finding,
    ...expiry("manifest", manifest.notAfter, verifier),
    ...(image === undefined ? [unchecked("image", "it was not given")] : contentFindings(manifest, image, verifier)),
    ...(isBundle ? documentFindings(manifest, release) : recordAside(manifest)),
    ...(release.suit === undefined ? [] : [suitFinding(release.suit, manifest, verifier)]),
    ...(release.riot === undefined ? [] : [riotFinding(release.riot, manifest, verifier)]),
    ...(release.wayBack === undefined ? [] : wayBackFindings(release.wayBack, manifest, verifier)),
    ...(release.trustRoot === undefined ? [] : rootFindings(release.trustRoot, manifest, verifier)),
    unchecked("freshness", "whether it is the newest release takes the server's word: a ticket"),
    unchecked("registry", "whether it stands in the log takes a proof: narrowboat log verify"),
  ];
}

interface Opened<Value> {
  readonly finding: Finding;
  readonly value?: Value;
}

function openedBy<Value>(
  what: string,
  kind: SignedKind<Value>,
  bytes: Uint8Array,
  { makers, revoked }: Verifier,
): Opened<Value> {
  let asked = "";
  const keys = (kid: Uint8Array) => {
    asked = toHex(kid);
    return makers;
  };
  const opened = open(kind, bytes, keys);
  const name = `${what}'s signature`;
  if (opened.ok) {
    const { value, key } = opened.value;
    return { finding: right(name, `${key.algorithm} by the key ${toHex(key.keyId)}`), value };
  }
  const { reason, detail } = opened.error;
  const isRevoked = reason === "keyUnknown" && [...(revoked ?? [])].some((id) => id.startsWith(asked));
  return { finding: wrong(name, isRevoked ? `keyRevoked: the key ${asked} was revoked` : `${reason}: ${detail}`) };
}

function expiry(what: string, notAfter: number | undefined, { now }: Verifier): readonly Finding[] {
  if (notAfter === undefined) return [];
  const until = new Date(1_000 * notAfter).toISOString();
  return [compared(`${what}'s time`, 1_000 * notAfter >= now, `until ${until}`, `it ended at ${until}`)];
}

function contentFindings(manifest: NativeManifest, image: Uint8Array, verifier: Verifier): readonly Finding[] {
  const { size, sha256, version, securityCounter, encryption } = manifest;
  if (encryption !== undefined) {
    const isRight = image.length === encryption.size && equal(digest("sha256", image), encryption.sha256);
    const encrypted = encryptionReport(encryption);
    const line = encryptionLine(encrypted);
    return [
      compared("encryption", encrypted.algorithm !== null, line, line),
      compared(
        "ciphertext's digest",
        isRight,
        `${encryption.size} bytes, sha256 ${toHex(encryption.sha256)}, as the manifest says`,
        `${image.length} bytes, sha256 ${toHex(digest("sha256", image))}, and the manifest says ${encryption.size} and ${toHex(encryption.sha256)}`,
      ),
      unchecked("image", "it is encrypted for the devices, and takes the key of one"),
    ];
  }
  const digested = compared(
    "image's digest",
    image.length === size && equal(digest("sha256", image), sha256),
    `${size} bytes, sha256 ${toHex(sha256)}, as the manifest says`,
    `${image.length} bytes, sha256 ${toHex(digest("sha256", image))}, and the manifest says ${size} and ${toHex(sha256)}`,
  );
  const { summary, findings } = imageFindings(image, verifier.imageKeys);
  const own = summary.format === "riotboot" ? undefined : summary.version;
  const versions =
    own === undefined
      ? []
      : [compared("image's version", agree(version, own), own, `${own}, and the manifest says ${version}`)];
  const counters = compared(
    "image's security counter",
    summary.securityCounter === securityCounter,
    String(securityCounter),
    `${summary.securityCounter ?? "none"}, and the manifest says ${securityCounter ?? "none"}`,
  );
  const isCounted = summary.securityCounter !== undefined || securityCounter !== undefined;
  return [digested, ...findings, ...versions, ...(isCounted ? [counters] : [])];
}

function documentFindings(
  manifest: NativeManifest,
  { record, notes, sbom }: Omit<NewRelease, "releasedAt">,
): readonly Finding[] {
  if (manifest.record === undefined) {
    const there = record ?? notes ?? sbom;
    return there === undefined ? [] : [wrong("record", "nobody signed the record, the notes or the bill of materials")];
  }
  if (record === undefined) return [wrong("record", "the manifest names one, and it is missing")];
  if (!equal(digest("sha256", record), manifest.record)) return [wrong("record", "not the one that was signed")];
  const decoded = decodeReleaseRecord(record);
  if (!decoded.ok) return [wrong("record", decoded.error.reason)];
  const { kind, notes: notesDigest, sbom: sbomDigest } = decoded.value;
  return [
    right("record", `signed with the manifest${kind === undefined ? "" : `: ${kind}`}`),
    ...documentFinding("notes", notes, notesDigest),
    ...documentFinding("bill of materials", sbom, sbomDigest),
  ];
}

/** Who has the manifest alone. */
function recordAside({ record }: NativeManifest): readonly Finding[] {
  if (record === undefined) return [];
  return [
    unchecked("record", "notes and bill of materials are signed with the manifest, and come with the bundle alone"),
  ];
}

function documentFinding(
  what: string,
  bytes: Uint8Array | undefined,
  signed: Uint8Array | undefined,
): readonly Finding[] {
  if (bytes === undefined && signed === undefined) return [];
  if (signed === undefined) return [wrong(what, "nobody signed it")];
  if (bytes === undefined) return [wrong(what, "the record names it, and it is missing")];
  return [compared(what, equal(digest("sha256", bytes), signed), "as it was signed", "not the one that was signed")];
}

function wayBackFindings(
  { manifest: bytes, suit }: NonNullable<NewRelease["wayBack"]>,
  from: NativeManifest,
  verifier: Verifier,
): readonly Finding[] {
  const opened = openedBy("way back", SIGNED_MANIFEST, bytes, verifier);
  if (opened.value === undefined) return [opened.finding];
  const {
    product,
    class: className,
    version,
    sequenceNumber,
    forRunning,
    securityCounter = 0,
    notAfter,
  } = opened.value;
  const isFromHere = forRunning !== undefined && equal(forRunning, from.sha256);
  const isSame = product === from.product && className === from.class;
  const counter = from.securityCounter ?? 0;
  return [
    opened.finding,
    ...expiry("way back", notAfter, verifier),
    compared("way back's condition", isFromHere, "for devices that run this image", "it is for another image"),
    compared("way back's devices", isSame, "those of the manifest", "others than those of the manifest"),
    compared(
      "way back's sequence number",
      sequenceNumber > from.sequenceNumber,
      `${sequenceNumber}, to ${version}`,
      `${sequenceNumber}, and it has to be above ${from.sequenceNumber}`,
    ),
    compared(
      "way back's security counter",
      securityCounter >= counter,
      "not below this image's",
      `${securityCounter}, below this image's ${counter}`,
    ),
    ...(notAfter === undefined ? [wrong("way back's time", "it never ends, and a way back has to")] : []),
    ...(suit === undefined ? [] : [suitFinding(suit, opened.value, verifier, "way back's SUIT envelope")]),
  ];
}

function rootFindings(bytes: Uint8Array, { product }: NativeManifest, verifier: Verifier): readonly Finding[] {
  const opened = openedBy("trust root", SIGNED_TRUST_ROOT, bytes, verifier);
  if (opened.value === undefined) return [opened.finding];
  const root = opened.value;
  return [
    opened.finding,
    ...expiry("trust root", root.notAfter, verifier),
    compared(
      "trust root's product",
      root.product === product,
      product,
      `${root.product}, and the manifest says ${product}`,
    ),
  ];
}
