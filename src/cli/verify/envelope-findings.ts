// What can be proved about a release's SUIT envelopes: that the maker signed them, and that they speak of the same release.

import { equal, latin1Of } from "../../base/bytes.ts";
import { type CborValue, Tagged } from "../../cbor/cbor-value.ts";
import { decodeForeignCbor } from "../../cbor/decode-cbor.ts";
import type { NativeManifest } from "../../manifest/native-manifest.ts";
import { authenticate } from "../../manifest/suit/authentication.ts";
import type { CommandSequence } from "../../manifest/suit/command-sequence.ts";
import { decodeEnvelope } from "../../manifest/suit/envelope.ts";
import { decodeManifest, isSevered } from "../../manifest/suit/manifest.ts";
import { riotEnvelope, riotToBeSigned } from "../../manifest/suit/riot-envelope.ts";
import { type Finding, right, wrong } from "./finding.ts";
import type { Verifier } from "./verifier.ts";

type Release = Pick<NativeManifest, "sequenceNumber" | "sha256">;

const SAME = "signed by the maker, of this image and with the manifest's sequence number";

export function suitFinding(bytes: Uint8Array, release: Release, { crypto, makers }: Verifier): Finding {
  const what = "SUIT envelope";
  const envelope = decodeEnvelope(bytes);
  if (!envelope.ok) return wrong(what, envelope.error.reason);
  const signer = authenticate(crypto, envelope.value, { verification: makers });
  if (!signer.ok) return wrong(what, `${signer.error.reason}: ${signer.error.detail}`);
  const decoded = decodeManifest(envelope.value.manifest);
  if (!decoded.ok) return wrong(what, decoded.error.reason);
  const { sequenceNumber, sharedSequence = [], sequences } = decoded.value;
  const others = [...sequences.values()].flatMap((member) => (isSevered(member) ? [] : [member]));
  const digests = [sharedSequence, ...others].flatMap(digestsIn);
  return sameRelease(what, release, sequenceNumber, digests);
}

/** Of all images that the commands speak of. */
function digestsIn(sequence: CommandSequence): readonly Uint8Array[] {
  return sequence.flatMap((command) => {
    if (command.kind === "tryEach") return command.sequences.flatMap(digestsIn);
    if (command.kind === "runSequence") return digestsIn(command.sequence);
    if (command.kind !== "overrideParameters") return [];
    const { imageDigest } = command.parameters;
    return imageDigest === undefined ? [] : [imageDigest.bytes];
  });
}

function sameRelease(what: string, release: Release, sequenceNumber: number, digests: readonly Uint8Array[]): Finding {
  if (sequenceNumber !== release.sequenceNumber) {
    return wrong(what, `its sequence number is ${sequenceNumber}, and the manifest's ${release.sequenceNumber}`);
  }
  const isOfImage = digests.length > 0 && digests.every((digest) => equal(digest, release.sha256));
  return isOfImage ? right(what, SAME) : wrong(what, "it is not for this image");
}

/** The dialect's own keys (sys/include/suit/handlers.h). */
const RIOT_AUTHENTICATION = 2;
const RIOT_MANIFEST = 3;
const RIOT_SEQUENCE_NUMBER = 2;

/** One that is byte for byte as we make it: RIOT's parser is not to find anything else in it. */
export function riotFinding(bytes: Uint8Array, release: Release, { crypto, makers }: Verifier): Finding {
  const what = "RIOT's envelope";
  const parts = riotParts(bytes);
  if (parts === undefined) return wrong(what, "it is none that RIOT reads");
  const { manifest, signature } = parts;
  const message = riotToBeSigned(crypto, manifest);
  const isSigned = makers.some((key) => key.algorithm === "ed25519" && key.verify(message, signature));
  if (!isSigned || !equal(riotEnvelope(crypto, manifest, signature), bytes))
    return wrong(what, "the maker did not sign it");
  const fields = mapIn(manifest);
  const sequenceNumber = Number(fields?.get(RIOT_SEQUENCE_NUMBER));
  const isOfImage = latin1Of(manifest).includes(latin1Of(release.sha256));
  return sameRelease(what, release, sequenceNumber, isOfImage ? [release.sha256] : []);
}

function riotParts(bytes: Uint8Array): { readonly manifest: Uint8Array; readonly signature: Uint8Array } | undefined {
  const envelope = mapIn(bytes);
  const manifest = envelope?.get(RIOT_MANIFEST);
  const blocks = valueIn(envelope?.get(RIOT_AUTHENTICATION));
  const sign1 = Array.isArray(blocks) ? valueIn(blocks[0] as CborValue) : undefined;
  const signature = sign1 instanceof Tagged && Array.isArray(sign1.value) ? (sign1.value[3] as CborValue) : undefined;
  return manifest instanceof Uint8Array && signature instanceof Uint8Array ? { manifest, signature } : undefined;
}

function mapIn(bytes: CborValue): ReadonlyMap<CborValue, CborValue> | undefined {
  const value = valueIn(bytes);
  return value instanceof Map ? value : undefined;
}

/** What a byte string holds. */
function valueIn(bytes: CborValue): CborValue {
  if (!(bytes instanceof Uint8Array)) return undefined;
  const decoded = decodeForeignCbor(bytes);
  return decoded.ok ? decoded.value : undefined;
}
