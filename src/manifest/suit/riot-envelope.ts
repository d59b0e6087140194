// The dialect of draft-ietf-suit-manifest-09 that RIOT's devices read (RIOT sys/suit at c8bd52f): an envelope without a tag,
// the digest within the signature, other numbers for sections and for SHA-256, one component, and no key that has no handler.

import { toUtf8 } from "../../base/bytes.ts";
import { type CborValue, Tagged } from "../../cbor/cbor-value.ts";
import { encodeCbor } from "../../cbor/encode-cbor.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { SigningKey } from "../../crypto/signature.ts";
import { coseAlgorithm } from "../cose-algorithm.ts";
import { sigStructure } from "../cose-sign1.ts";
import { type CommandSequence, encodeSequence } from "./command-sequence.ts";
import { digestOfWrapped, digestValue } from "./suit-digest.ts";
import { INSTALL, type SuitRelease, suitManifest, VALIDATE } from "./template.ts";

/** SUIT_MANIFEST_BUFSIZE of sys/suit/transport/worker.c. */
export const RIOT_ENVELOPE_LENGTH_MAX = 640;

/** CONFIG_SOCK_URLPATH_MAXLEN as RIOT's own makefiles set it for SUIT, less the zero behind it. */
export const RIOT_URI_LENGTH_MAX = 127;

/** The sequence number is kept as the version of a riotboot header. */
export const RIOT_SEQUENCE_NUMBER_MAX = 2 ** 32 - 1;

/** An image for each slot, whose offset in flash takes the place of a slot's number; or one, of which no offset is asked. */
export type RiotRelease = Pick<SuitRelease, "sequenceNumber" | "vendorId" | "classId" | "images">;

/** sys/include/suit/handlers.h and suit.h. */
const Key = {
  AUTHENTICATION: 2,
  MANIFEST: 3,
  VERSION: 1,
  SEQUENCE_NUMBER: 2,
  COMMON: 3,
  INSTALL: 9,
  VALIDATE: 10,
  COMPONENTS: 2,
  COMMON_SEQUENCE: 4,
} as const;

const VERSION = 1;
const SIGN1_TAG = 18;
const ALGORITHM_LABEL = 1;
/** draft-ietf-suit-manifest-09 has numbers of its own for hashes; RIOT compares these four bytes with 82 02 58 20. */
const SHA_256_OF_DRAFT_09 = 2;

/** Why RIOT cannot take this release; undefined when it can. An operator's mistake, and no peer's. */
export function riotFault(
  { sequenceNumber, images }: RiotRelease,
  algorithm: SigningKey["algorithm"],
): string | undefined {
  if (algorithm !== "ed25519") return "RIOT verifies Ed25519 alone: sign with such a key";
  if (sequenceNumber > RIOT_SEQUENCE_NUMBER_MAX) return `RIOT's sequence numbers end at ${RIOT_SEQUENCE_NUMBER_MAX}`;
  for (const { uri, encryptionInfo } of images) {
    const length = toUtf8(uri).length;
    if (length > RIOT_URI_LENGTH_MAX)
      return `RIOT takes URIs of ${RIOT_URI_LENGTH_MAX} bytes, and ${uri} has ${length}`;
    if (encryptionInfo !== undefined) return "RIOT does not decrypt images";
  }
  return undefined;
}

export function encodeRiotManifest(release: RiotRelease): Uint8Array {
  const { components, sharedSequence, sequences } = suitManifest({ ...release, digestAlgorithm: SHA_256_OF_DRAFT_09 });
  const common = new Map<number, CborValue>([
    [Key.COMPONENTS, components],
    [Key.COMMON_SEQUENCE, encodeSequence(sharedSequence!)],
  ]);
  return encodeCbor(
    new Map<number, CborValue>([
      [Key.VERSION, VERSION],
      [Key.SEQUENCE_NUMBER, release.sequenceNumber],
      [Key.COMMON, encodeCbor(common)],
      [Key.INSTALL, encodeSequence(sequences.get(INSTALL) as CommandSequence)],
      [Key.VALIDATE, encodeSequence(sequences.get(VALIDATE) as CommandSequence)],
    ]),
  );
}

/** The bytes to be signed, for a signer elsewhere. */
export function riotToBeSigned(crypto: CryptoProvider, manifest: Uint8Array): Uint8Array {
  return sigStructure(protectedHeader(), riotPayload(crypto, manifest));
}

/** The whole, of a signature over those bytes: at most RIOT_ENVELOPE_LENGTH_MAX, which who makes one has to look at. */
export function riotEnvelope(crypto: CryptoProvider, manifest: Uint8Array, signature: Uint8Array): Uint8Array {
  const sign1 = new Tagged(SIGN1_TAG, [protectedHeader(), new Map(), riotPayload(crypto, manifest), signature]);
  return encodeCbor(
    new Map<number, CborValue>([
      [Key.AUTHENTICATION, encodeCbor([encodeCbor(sign1)])],
      [Key.MANIFEST, manifest],
    ]),
  );
}

function protectedHeader(): Uint8Array {
  return encodeCbor(new Map([[ALGORITHM_LABEL, coseAlgorithm("ed25519", "polymorphic")]]));
}

/** What stands within the signature: the digest of the manifest. */
export function riotPayload(crypto: CryptoProvider, manifest: Uint8Array): Uint8Array {
  const { bytes } = digestOfWrapped(crypto, manifest);
  return encodeCbor(digestValue({ algorithm: SHA_256_OF_DRAFT_09, bytes }));
}
