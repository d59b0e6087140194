// What a device asks by POST /t, and the answer. The request bears no signature: the DTLS session says who sent it, and the
// nonce makes its answer fresh. A device whose slots are empty leaves out what it cannot say.

import type { Result } from "../base/result.ts";
import type { CborFault } from "../cbor/cbor-value.ts";
import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { FieldReader } from "../cbor/field-reader.ts";
import { FieldKey, present, SHA256_LENGTH } from "./field-key.ts";
import { figuresField, readFigures } from "./figure.ts";
import { readClass, readProduct, readVersion } from "./names.ts";
import { NATIVE_MANIFEST_LENGTH_MAX } from "./native-manifest.ts";
import { readNonce, TICKET_LENGTH_MAX } from "./ticket.ts";

/** Bytes of an encoded check-in. */
export const CHECK_IN_LENGTH_MAX = 384;

/** Bytes of a proof of inclusion: hashes for 2^24 entries, and a checkpoint with some cosignatures. */
export const PROOF_LENGTH_MAX = 2_048;

export const SLOT_MAX = 1;

/** Characters of the name of a cell or a gateway. */
export const CELL_LENGTH_MAX = 32;

/** What a device's user says of an update; its number is its place. */
export const CONSENT_STATES = ["confirmed", "denied", "postponed"] as const;
export type ConsentState = (typeof CONSENT_STATES)[number];

export interface SaidConsent {
  readonly state: ConsentState;
  /** For how long from now it is said: a device need not know the time. 0: until it says something else. */
  readonly seconds: number;
}

/** A year: the longest that a user may be left alone. */
export const CONSENT_SECONDS_MAX = 366 * 86_400;

export interface CheckIn {
  readonly product: string;
  readonly class?: string | undefined;
  /** Fresh for each check-in. */
  readonly nonce: Uint8Array;
  /** Of what is installed and confirmed; 0 where nothing was ever installed by a manifest. */
  readonly sequenceNumber: number;
  /** Of what runs; absent where nobody ever told. */
  readonly version?: string | undefined;
  /** SHA-256 of the image that runs. */
  readonly runningSha256?: Uint8Array | undefined;
  /** Where it runs. */
  readonly slot?: number | undefined;
  /** Whether the manifest shall come with the ticket. */
  readonly manifestWanted: boolean;
  /** UPTIME, BOOTS and RADIO_LEVEL, where the device knows them. */
  readonly figures: ReadonlyMap<number, number>;
  /** The cell that it is in, or the gateway that it is behind. */
  readonly cell?: string | undefined;
  readonly consent?: SaidConsent | undefined;
  /**
   * The sequence number of the image that lies whole beside what runs, and is installed when it is offered once more; 0 where
   * there is none. Absent: this device installs what it has downloaded without asking again.
   */
  readonly downloaded?: number | undefined;
}

export function encodeCheckIn(checkIn: CheckIn): Uint8Array {
  return encodeCbor(
    present([
      [FieldKey.SEQUENCE_NUMBER, checkIn.sequenceNumber],
      [FieldKey.VERSION, checkIn.version],
      [FieldKey.RUNNING_SHA256, checkIn.runningSha256],
      [FieldKey.NONCE, checkIn.nonce],
      [FieldKey.CLASS, checkIn.class],
      [FieldKey.PRODUCT, checkIn.product],
      [FieldKey.SLOT, checkIn.slot],
      [FieldKey.MANIFEST_WANTED, checkIn.manifestWanted ? true : undefined],
      [FieldKey.FIGURES, figuresField(checkIn.figures)],
      [FieldKey.CELL, checkIn.cell],
      [FieldKey.CONSENT, checkIn.consent && [CONSENT_STATES.indexOf(checkIn.consent.state), checkIn.consent.seconds]],
      [FieldKey.DOWNLOADED, checkIn.downloaded],
    ]),
  );
}

export function decodeCheckIn(bytes: Uint8Array): Result<CheckIn, CborFault> {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return decoded;
  const fields = FieldReader.ofMap("check-in", decoded.value);
  return fields.finishKnown({
    product: readProduct(fields, FieldKey.PRODUCT),
    class: readClass(fields, FieldKey.CLASS),
    nonce: readNonce(fields),
    sequenceNumber: fields.unsigned(FieldKey.SEQUENCE_NUMBER),
    version: readVersion(fields, FieldKey.VERSION),
    runningSha256: fields.optionalBytes(FieldKey.RUNNING_SHA256, { min: SHA256_LENGTH, max: SHA256_LENGTH }),
    slot: fields.optionalUnsigned(FieldKey.SLOT, { max: SLOT_MAX }),
    manifestWanted: readTrue(fields, FieldKey.MANIFEST_WANTED),
    figures: readFigures(fields),
    cell: readCell(fields),
    consent: readConsent(fields),
    downloaded: fields.optionalUnsigned(FieldKey.DOWNLOADED),
  });
}

/** Printable ASCII: it is shown to people, and compared. */
const CELL_NAME = /^[!-~]{1,32}$/;

function readCell(fields: FieldReader): string | undefined {
  const cell = fields.optionalText(FieldKey.CELL, { min: 1, max: CELL_LENGTH_MAX });
  if (cell !== undefined && !CELL_NAME.test(cell)) fields.reject(FieldKey.CELL, "no name of a cell");
  return cell;
}

function readConsent(fields: FieldReader): SaidConsent | undefined {
  const pair = fields.optionalArray(FieldKey.CONSENT, { min: 2, max: 2 });
  if (pair === undefined) return undefined;
  const within = fields.arrayWithin("consent", pair, { min: 2, max: 2 });
  const state = CONSENT_STATES[within.unsigned(0, { max: CONSENT_STATES.length - 1 })]!;
  return { state, seconds: within.unsigned(1, { max: CONSENT_SECONDS_MAX }) };
}

/** Deterministic: what is not so is left out, and never said. */
function readTrue(fields: FieldReader, key: number): boolean {
  const value = fields.optionalBoolean(key);
  if (value === false) fields.reject(key, "false, which is left out,");
  return value === true;
}

/** Each as it was signed. */
export interface CheckInAnswer {
  readonly ticket: Uint8Array;
  readonly manifest: Uint8Array | undefined;
  /** That the manifest stands in the registry: index, hashes, checkpoint. */
  readonly proof: Uint8Array | undefined;
}

export function encodeCheckInAnswer({ ticket, manifest, proof }: CheckInAnswer): Uint8Array {
  return encodeCbor([ticket, manifest ?? null, proof ?? null]);
}

export function decodeCheckInAnswer(bytes: Uint8Array): Result<CheckInAnswer, CborFault> {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return decoded;
  const fields = FieldReader.ofArray("answer", decoded.value, { min: 3, max: 3 });
  return fields.finish({
    ticket: fields.bytes(0, { min: 1, max: TICKET_LENGTH_MAX }),
    manifest: bytesOrNull(fields, 1, NATIVE_MANIFEST_LENGTH_MAX),
    proof: bytesOrNull(fields, 2, PROOF_LENGTH_MAX),
  });
}

function bytesOrNull(fields: FieldReader, key: number, lengthMax: number): Uint8Array | undefined {
  return fields.any(key) === null ? undefined : fields.bytes(key, { min: 1, max: lengthMax });
}
