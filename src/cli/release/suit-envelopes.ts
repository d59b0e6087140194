// A release as a SUIT envelope, for devices that know their vendor and class by UUIDs, and in RIOT's dialect where the image is
// riotboot's. The envelope is tried on a model of a device before anybody publishes it.

import { createHash } from "node:crypto";
import { fromHex } from "../../base/bytes.ts";
import { parseCoapUri } from "../../coap/coap-uri.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { SigningKey } from "../../crypto/signature.ts";
import type { ImageSummary } from "../../firmware/formats/image-summary.ts";
import { tryManifest } from "../../manifest/suit/interpreter.ts";
import {
  type ReleaseContent,
  type SuitConditions,
  signedRiotEnvelope,
  signedSuitEnvelope,
  suitReleaseOf,
} from "../../manifest/suit/release-envelope.ts";
import { RIOT_ENVELOPE_LENGTH_MAX, riotFault } from "../../manifest/suit/riot-envelope.ts";
import { type SuitRelease, suitManifest, type UpdateConditions } from "../../manifest/suit/template.ts";
import { classUuid, vendorUuid } from "../../manifest/suit/uuid.ts";
import { jobFailed, wrongUse } from "../command-error.ts";
import { trialWords } from "../inspect/trial-words.ts";

export interface SuitWish {
  /** A vendor's domain; where an MCUboot image names vendor and class itself, it may be absent. */
  readonly vendor: string | undefined;
  /** coaps://HOST[:PORT], before the paths of images. */
  readonly server: string | undefined;
  /** What the vendor calls the devices. */
  readonly className: string;
  /** RIOT's devices decrypt nothing: there is no envelope for them then. */
  readonly isEncrypted: boolean;
}

export interface SuitIds {
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
  readonly server: string | undefined;
  /** Whether RIOT's dialect is wanted too. */
  readonly forRiot: boolean;
}

/** Undefined where nothing says who the vendor is: then there is no SUIT envelope. Throws CommandError. */
export function suitIds(
  { vendor, server, className, isEncrypted }: SuitWish,
  summary: ImageSummary,
): SuitIds | undefined {
  if (server !== undefined) refuseServer(server);
  const own = idsIn(summary);
  const named = vendor === undefined ? undefined : idsOf(vendor, className);
  const ids = own ?? named;
  if (ids === undefined) {
    if (server === undefined) return undefined;
    throw wrongUse("--server is for SUIT envelopes, which need --vendor DOMAIN");
  }
  const isRiot = summary.format === "riotboot" && !isEncrypted;
  if (isRiot && server === undefined) throw wrongUse("RIOT's devices fetch from a whole URI: say --server coap://HOST");
  return { ...ids, server, forRiot: isRiot };
}

function refuseServer(server: string): void {
  const uri = parseCoapUri(server);
  if (uri.ok && uri.value.path.length === 0 && uri.value.queries.length === 0 && !server.endsWith("/")) return;
  throw wrongUse(`"${server}" is no server's address: write it as coaps://firmware.example`);
}

/** As imgtool writes them into an image, and a bootloader compares them. */
function idsIn({ facts }: ImageSummary): Pick<SuitIds, "vendorId" | "classId"> | undefined {
  const [vendorId, classId] = [facts["vendor"], facts["class"]].map((text) =>
    fromHex(String(text ?? "").replaceAll("-", "")),
  );
  if (vendorId?.length !== 16 || classId?.length !== 16) return undefined;
  return { vendorId, classId };
}

function idsOf(domain: string, className: string): Pick<SuitIds, "vendorId" | "classId"> {
  const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash("sha1").update(bytes).digest());
  const vendorId = vendorUuid(sha1, domain);
  return { vendorId, classId: classUuid(sha1, vendorId, className) };
}

export interface SuitParts {
  readonly suit: Uint8Array;
  readonly riot?: Uint8Array;
}

/** Throws CommandError where RIOT cannot take it. */
export function signSuit(
  crypto: CryptoProvider,
  key: SigningKey,
  ids: SuitIds,
  content: ReleaseContent,
  asked: SuitConditions = {},
): SuitParts {
  const release = suitRelease(ids, content, asked);
  const suit = signedSuitEnvelope(crypto, key, release);
  return ids.forRiot ? { suit, riot: signForRiot(crypto, key, release) } : { suit };
}

function suitRelease(
  { vendorId, classId, server = "" }: SuitIds,
  content: ReleaseContent,
  asked: SuitConditions,
): SuitRelease {
  return suitReleaseOf(content, { vendorId, classId, root: server }, asked);
}

function signForRiot(crypto: CryptoProvider, key: SigningKey, release: SuitRelease): Uint8Array {
  const fault = riotFault(release, key.algorithm);
  if (fault !== undefined) throw jobFailed(fault);
  const envelope = signedRiotEnvelope(crypto, key, release);
  if (envelope.length <= RIOT_ENVELOPE_LENGTH_MAX) return envelope;
  throw jobFailed(`RIOT's envelope has ${envelope.length} bytes, and its devices take ${RIOT_ENVELOPE_LENGTH_MAX}`);
}

export interface SuitTrial {
  readonly image: Uint8Array;
  /** The image, or its ciphertext. */
  readonly served: Uint8Array;
  readonly conditions: UpdateConditions | undefined;
  /** [1, 2, 0] of the release before; undefined where there was none, or its version is no such number. */
  readonly runningVersion: readonly number[] | undefined;
  /** Seconds since 1970. */
  readonly now: number;
}

/** What a device that has the release before would do with it. Throws CommandError where it would refuse. */
export function trySuit(
  crypto: CryptoProvider,
  ids: SuitIds,
  content: ReleaseContent,
  { image, served, conditions, runningVersion, now }: SuitTrial,
): void {
  const { vendorId, classId } = ids;
  const release = suitRelease(ids, content, conditions === undefined ? {} : { conditions });
  const { uri } = release.images[0]!;
  const device = {
    vendorId,
    classId,
    sequenceNumber: content.sequenceNumber - 1,
    components: [
      { id: [Uint8Array.of(0)], capacity: image.length, ...(runningVersion && { version: runningVersion }) },
    ],
    // What cannot be known here is as it should be: a full battery, and somebody who allows it.
    ...(conditions && { updateManagement: { now, battery: 100, isAuthorized: true } }),
    decrypted: (ciphertext: Uint8Array) => (ciphertext === served ? image : undefined),
    fetch: (asked: string) => (asked === uri ? served : undefined),
  };
  const trial = tryManifest(crypto, suitManifest(release), { severed: new Map(), payloads: new Map() }, device);
  if (!trial.accepted) throw jobFailed(trialWords("a device of the class that has the release before", trial));
}
