// What can be proved about a release's SUIT envelopes: that the maker signed them, and that they speak of the same release.

import { equal, latin1Of } from "../../base/bytes.ts";
import type { NativeManifest } from "../../manifest/native-manifest.ts";
import { authenticate } from "../../manifest/suit/authentication.ts";
import type { CommandSequence } from "../../manifest/suit/command-sequence.ts";
import { decodeEnvelope } from "../../manifest/suit/envelope.ts";
import { decodeManifest, isSevered } from "../../manifest/suit/manifest.ts";
import type { Parameters } from "../../manifest/suit/parameters.ts";
import { authenticateRiot } from "../../manifest/suit/riot-authentication.ts";
import { type Finding, right, wrong } from "./finding.ts";
import type { Verifier } from "./verifier.ts";

type Release = Pick<NativeManifest, "sequenceNumber" | "sha256" | "encryption" | "forRunning">;

const SAME = "signed by the maker, of this image and with the manifest's sequence number";

export function suitFinding(
  bytes: Uint8Array,
  release: Release,
  { crypto, makers }: Verifier,
  what = "SUIT envelope",
): Finding {
  const envelope = decodeEnvelope(bytes);
  if (!envelope.ok) return wrong(what, envelope.error.reason);
  const signer = authenticate(crypto, envelope.value, { verification: makers });
  if (!signer.ok) return wrong(what, `${signer.error.reason}: ${signer.error.detail}`);
  const decoded = decodeManifest(envelope.value.manifest);
  if (!decoded.ok) return wrong(what, decoded.error.reason);
  const { sequenceNumber, sharedSequence = [], sequences } = decoded.value;
  const others = [...sequences.values()].flatMap((member) => (isSevered(member) ? [] : [member]));
  const parameters = [sharedSequence, ...others].flatMap(parametersIn);
  const infos = parameters.flatMap(({ encryptionInfo }) => encryptionInfo ?? []);
  const { encryption } = release;
  const isEncryptedAlike = encryption
    ? infos.length > 0 && infos.every((info) => equal(info, encryption.info))
    : infos.length === 0;
  if (!isEncryptedAlike) return wrong(what, "it speaks of another encryption than the manifest");
  const digests = parameters.flatMap(({ imageDigest }) => imageDigest?.bytes ?? []);
  return sameRelease(what, release, sequenceNumber, digests);
}

/** Of all images that the commands speak of. */
function parametersIn(sequence: CommandSequence): readonly Parameters[] {
  return sequence.flatMap((command) => {
    if (command.kind === "tryEach") return command.sequences.flatMap(parametersIn);
    if (command.kind === "runSequence") return parametersIn(command.sequence);
    return command.kind === "overrideParameters" ? [command.parameters] : [];
  });
}

function sameRelease(what: string, release: Release, sequenceNumber: number, digests: readonly Uint8Array[]): Finding {
  if (sequenceNumber !== release.sequenceNumber) {
    return wrong(what, `its sequence number is ${sequenceNumber}, and the manifest's ${release.sequenceNumber}`);
  }
  const { sha256, forRunning } = release;
  const names = (wanted: Uint8Array) => digests.some((digest) => equal(digest, wanted));
  // A way back speaks of the image that runs too, and of no other.
  const isFromThere = forRunning === undefined || names(forRunning);
  const isNoOther = digests.every((digest) => equal(digest, sha256) || (forRunning && equal(digest, forRunning)));
  const isOfImage = names(sha256) && isFromThere && isNoOther;
  return isOfImage ? right(what, SAME) : wrong(what, "it is not for this image");
}

export function riotFinding(bytes: Uint8Array, release: Release, { crypto, makers }: Verifier): Finding {
  const what = "RIOT's envelope";
  const read = authenticateRiot(crypto, bytes, makers);
  if (!read.ok) return wrong(what, `${read.error.reason}: ${read.error.detail}`);
  const { manifest, sequenceNumber } = read.value;
  const isOfImage = latin1Of(manifest).includes(latin1Of(release.sha256));
  return sameRelease(what, release, sequenceNumber, isOfImage ? [release.sha256] : []);
}
