// draft-ietf-suit-manifest-37 8.2: what a manifest comes in. Nothing of the manifest is looked at here: first its
// signature is checked (section 6.2), and that is over its bytes as they stand.

import { failed, type Result } from "../../base/result.ts";
import { type CborFault, type CborValue, Tagged } from "../../cbor/cbor-value.ts";
import { decodeForeignCbor } from "../../cbor/decode-cbor.ts";
import { encodeCbor } from "../../cbor/encode-cbor.ts";
import { FieldReader } from "../../cbor/field-reader.ts";
import { type AuthenticationBlock, authenticationBlockValue, readAuthenticationBlock } from "./authentication-block.ts";
import { EnvelopeKey, ManifestKey, SEVERABLE } from "./codes.ts";
import { MANIFEST_LENGTH_MAX } from "./manifest.ts";
import { DIGEST_LENGTH_MAX, digestValue, readDigest, type SuitDigest } from "./suit-digest.ts";

export interface Envelope {
  /** Of the manifest, in its byte string. */
  readonly digest: SuitDigest;
  /** Over the digest; none is legal, and then nobody signed. */
  readonly blocks: readonly AuthenticationBlock[];
  readonly manifest: Uint8Array;
  /** What was cut out of the manifest, by its key there. */
  readonly severed: ReadonlyMap<number, Uint8Array>;
  /** What fetch finds here instead of at a server, by its URI, "#name". */
  readonly payloads: ReadonlyMap<string, Uint8Array>;
}

const ENVELOPE_TAG = 107;
export const BLOCKS_MAX = 4;
const BLOCK_LENGTH_MAX = 512;
export const PAYLOADS_MAX = 4;
const PAYLOAD_NAME_LENGTH_MAX = 64;

export function decodeEnvelope(bytes: Uint8Array): Result<Envelope, CborFault> {
  const decoded = decodeForeignCbor(bytes);
  if (!decoded.ok) return decoded;
  const { value } = decoded;
  if (!(value instanceof Tagged) || value.tag !== ENVELOPE_TAG)
    return failed({ reason: "no SUIT envelope: no tag 107" });
  const fields = FieldReader.ofMap("envelope", value.value);
  const authentication = readAuthentication(fields);
  const manifest = fields.bytes(EnvelopeKey.MANIFEST, { max: MANIFEST_LENGTH_MAX });
  const keys = [...fields.keys()];
  if (keys.indexOf(EnvelopeKey.AUTHENTICATION) > keys.indexOf(EnvelopeKey.MANIFEST)) {
    fields.reject(EnvelopeKey.AUTHENTICATION, "its authentication behind the manifest");
  }
  return fields.finish({ ...authentication, manifest, ...readRest(fields, keys) });
}

/** Whether bytes begin as an envelope does. */
export function isEnvelope(bytes: Uint8Array): boolean {
  return bytes[0] === 0xd8 && bytes[1] === ENVELOPE_TAG;
}

function readAuthentication(fields: FieldReader): Pick<Envelope, "digest" | "blocks"> {
  const max = BLOCKS_MAX * (BLOCK_LENGTH_MAX + 3) + DIGEST_LENGTH_MAX + 16;
  const value = fields.embedded(EnvelopeKey.AUTHENTICATION, { max });
  const list = fields.arrayWithin("authentication", value, { min: 1, max: 1 + BLOCKS_MAX });
  const digest = readDigest(list, "digest", list.embedded(0, { max: DIGEST_LENGTH_MAX + 8 }));
  const blocks: AuthenticationBlock[] = [];
  for (let i = 1; i < list.size && list.fault === undefined; i++) {
    blocks.push(readAuthenticationBlock(list, list.embedded(i, { max: BLOCK_LENGTH_MAX })));
  }
  return { digest, blocks };
}

function readRest(fields: FieldReader, keys: readonly CborValue[]): Pick<Envelope, "severed" | "payloads"> {
  const severed = new Map<number, Uint8Array>();
  const payloads = new Map<string, Uint8Array>();
  for (const key of keys) {
    if (key === EnvelopeKey.AUTHENTICATION || key === EnvelopeKey.MANIFEST) continue;
    if (typeof key === "number" && (SEVERABLE.has(key) || key === ManifestKey.TEXT)) {
      severed.set(key, fields.bytes(key, { max: MANIFEST_LENGTH_MAX }));
    } else if (typeof key === "string" && key.length <= PAYLOAD_NAME_LENGTH_MAX && payloads.size < PAYLOADS_MAX) {
      payloads.set(key, fields.bytes(key, { max: Number.POSITIVE_INFINITY }));
    } else {
      fields.reject(String(key), "an unknown key, or a payload too many");
    }
  }
  return { severed, payloads };
}

export function encodeEnvelope({ digest, blocks, manifest, severed, payloads }: Envelope): Uint8Array {
  const authentication = [
    encodeCbor(digestValue(digest)),
    ...blocks.map((it) => encodeCbor(authenticationBlockValue(it))),
  ];
  const map = new Map<CborValue, CborValue>([
    [EnvelopeKey.AUTHENTICATION, encodeCbor(authentication)],
    [EnvelopeKey.MANIFEST, manifest],
    ...severed,
    ...payloads,
  ]);
  return encodeCbor(new Tagged(ENVELOPE_TAG, map));
}
