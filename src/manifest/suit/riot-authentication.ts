// Who signed an envelope of RIOT's dialect. It has to be byte for byte as we make it: RIOT's parser is not to find anything
// else in it.

import { equal } from "../../base/bytes.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { type CborValue, Tagged } from "../../cbor/cbor-value.ts";
import { decodeForeignCbor } from "../../cbor/decode-cbor.ts";
import { FieldReader } from "../../cbor/field-reader.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { VerificationKey } from "../../crypto/signature.ts";
import type { EnvelopeFault } from "./authentication.ts";
import { RIOT_ENVELOPE_LENGTH_MAX, riotEnvelope, riotPayload, riotToBeSigned } from "./riot-envelope.ts";

export interface RiotEnvelope {
  readonly key: VerificationKey;
  readonly sequenceNumber: number;
  readonly manifest: Uint8Array;
}

const AUTHENTICATION = 2;
const MANIFEST = 3;
const SEQUENCE_NUMBER = 2;
const SIGN1_TAG = 18;
const ANY_LENGTH = { max: RIOT_ENVELOPE_LENGTH_MAX };
const SIGNATURE = { min: 64, max: 64 };

export function authenticateRiot(
  crypto: CryptoProvider,
  bytes: Uint8Array,
  keys: readonly VerificationKey[],
): Result<RiotEnvelope, EnvelopeFault> {
  if (bytes.length > RIOT_ENVELOPE_LENGTH_MAX) return malformed(`${bytes.length} bytes, and RIOT takes 640`);
  const decoded = decodeForeignCbor(bytes);
  if (!decoded.ok) return malformed(decoded.error.reason);
  const fields = FieldReader.ofMap("RIOT's envelope", decoded.value);
  const manifest = fields.bytes(MANIFEST, ANY_LENGTH);
  const blocks = fields.arrayWithin("signatures", fields.embedded(AUTHENTICATION, ANY_LENGTH), { min: 1, max: 1 });
  const sign1 = readSign1(blocks, blocks.embedded(0, ANY_LENGTH));
  const head = fields.mapWithin("manifest", fields.embedded(MANIFEST, ANY_LENGTH));
  const sequenceNumber = head.unsigned(SEQUENCE_NUMBER);
  const read = fields.finishKnown(undefined);
  if (!read.ok) return malformed(read.error.reason);
  if (!equal(sign1.payload, riotPayload(crypto, manifest))) {
    return failed({ reason: "digestDiffers", detail: "the manifest is not the one that was signed" });
  }
  if (!equal(riotEnvelope(crypto, manifest, sign1.signature), bytes))
    return malformed("not in the bytes that we write");
  const fitting = keys.filter(({ algorithm }) => algorithm === "ed25519");
  if (fitting.length === 0) return failed({ reason: "keyUnknown", detail: "no key of ed25519 is known" });
  const message = riotToBeSigned(crypto, manifest);
  const key = fitting.find((candidate) => candidate.verify(message, sign1.signature));
  if (key !== undefined) return ok({ key, sequenceNumber, manifest });
  return failed({ reason: "signatureWrong", detail: "no key that is known signed it" });
}

interface AttachedSign1 {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

function readSign1(blocks: FieldReader, value: CborValue): AttachedSign1 {
  const tagged = value instanceof Tagged ? value : new Tagged(0, undefined);
  const parts = blocks.arrayWithin("COSE_Sign1", tagged.value, { min: 4, max: 4 });
  if (tagged.tag !== SIGN1_TAG) parts.reject("tag", "no COSE_Sign1");
  return {
    payload: parts.bytes(2, ANY_LENGTH),
    signature: parts.bytes(3, SIGNATURE),
  };
}

function malformed(detail: string): { readonly ok: false; readonly error: EnvelopeFault } {
  return failed({ reason: "malformed", detail });
}
