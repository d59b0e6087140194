// What a device with two slots remembers over restarts: what is installed, what is being tried and how that went, what it
// has yet to tell its server, and the floors below which nothing is installed. Each change is one entry of a sealed record:
// a power cut leaves all of it as it was, or as it shall be.

import { ok, type Result } from "../../base/result.ts";
import type { CborFault, CborMap, CborValue } from "../../cbor/cbor-value.ts";
import { decodeCbor } from "../../cbor/decode-cbor.ts";
import { encodeCbor } from "../../cbor/encode-cbor.ts";
import { FieldReader } from "../../cbor/field-reader.ts";
import { isReason, type Reason } from "../../manifest/reason.ts";
import { decodeTrustRoot, encodeTrustRoot, TRUST_ROOT_LENGTH_MAX, type TrustRoot } from "../../manifest/trust-root.ts";
import type { SlotNumber } from "./bootloader.ts";

export interface ImageDescription {
  /** 0 for what the device left its factory with. */
  readonly sequenceNumber: number;
  readonly version: string;
  /** Absent where nobody ever told, as of what came from the factory. */
  readonly sha256: Uint8Array | undefined;
}

/** An image that is whole in the other slot, from before it is first tried until it is confirmed or given up. */
export interface Candidate extends ImageDescription {
  readonly slot: SlotNumber;
  readonly securityCounter: number;
  /** How often the bootloader was asked to try it. */
  readonly trials: number;
  /** Whether it ever came so far as to write this. */
  readonly hasRun: boolean;
  /** Why it is not to be confirmed. */
  readonly verdict: Reason | undefined;
}

/** What became of an update, until the server has heard of it. */
export interface PendingReport {
  readonly id: Uint8Array;
  readonly sequenceNumber: number;
  readonly version: string;
  readonly result: number;
  readonly reason: Reason | undefined;
}

/** What came to nothing: so often was it tried, and whether it is tried no more. */
export interface Attempts {
  readonly sequenceNumber: number;
  readonly count: number;
  readonly reason: Reason;
  readonly isOver: boolean;
}

export interface DeviceMemory {
  readonly installed: ImageDescription;
  /** No image with a lower one is installed. */
  readonly securityCounter: number;
  readonly candidate: Candidate | undefined;
  readonly report: PendingReport | undefined;
  readonly attempts: Attempts | undefined;
  readonly root: TrustRoot | undefined;
  /** When that was last asked for, seconds since 1970 by a ticket; 0: nobody knows. */
  readonly rootAskedAt: number;
  /** For how long the server has kept from the device what is newer, or said nothing that counts, seconds. */
  readonly behindSeconds: number;
}

const Key = {
  INSTALLED: 1,
  SECURITY_COUNTER: 2,
  CANDIDATE: 3,
  REPORT: 4,
  ATTEMPTS: 5,
  ROOT: 6,
  BEHIND: 7,
  ROOT_ASKED_AT: 8,
} as const;

const TEXT = { min: 1, max: 64 };
const BYTES = { min: 1, max: 32 };

export function encodeMemory(memory: DeviceMemory): Uint8Array {
  const { installed, candidate, report, attempts, root } = memory;
  return encodeCbor(
    new Map<CborValue, CborValue>([
      [Key.INSTALLED, [installed.sequenceNumber, installed.version, installed.sha256 ?? null]],
      [Key.SECURITY_COUNTER, memory.securityCounter],
      [Key.CANDIDATE, candidate === undefined ? null : candidateFields(candidate)],
      [Key.REPORT, report === undefined ? null : reportFields(report)],
      [Key.ATTEMPTS, attempts === undefined ? null : attemptFields(attempts)],
      [Key.ROOT, root === undefined ? null : encodeTrustRoot(root)],
      [Key.BEHIND, memory.behindSeconds],
      [Key.ROOT_ASKED_AT, memory.rootAskedAt],
    ]),
  );
}

function candidateFields(candidate: Candidate): readonly CborValue[] {
  const { sequenceNumber, version, sha256, slot, securityCounter, trials, hasRun, verdict } = candidate;
  return [sequenceNumber, version, sha256 ?? null, slot, securityCounter, trials, hasRun, verdict ?? null];
}

function reportFields({ id, sequenceNumber, version, result, reason }: PendingReport): readonly CborValue[] {
  return [id, sequenceNumber, version, result, reason ?? null];
}

function attemptFields({ sequenceNumber, count, reason, isOver }: Attempts): readonly CborValue[] {
  return [sequenceNumber, count, reason, isOver];
}

export function decodeMemory(bytes: Uint8Array): Result<DeviceMemory, CborFault> {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return decoded;
  const fields = FieldReader.ofMap("memory", decoded.value);
  const signedRoot = bytesOrNull(fields, Key.ROOT, TRUST_ROOT_LENGTH_MAX);
  const root = signedRoot === undefined ? ok(undefined) : decodeTrustRoot(signedRoot);
  if (!root.ok) return root;
  return fields.finishKnown({
    installed: readImage(FieldReader.ofArray("installed", fields.any(Key.INSTALLED), { min: 3, max: 3 })),
    securityCounter: fields.unsigned(Key.SECURITY_COUNTER),
    candidate: orNull(fields, Key.CANDIDATE, 8, readCandidate),
    report: orNull(fields, Key.REPORT, 5, readReport),
    attempts: orNull(fields, Key.ATTEMPTS, 4, readAttempts),
    root: root.value,
    rootAskedAt: fields.unsigned(Key.ROOT_ASKED_AT),
    behindSeconds: fields.unsigned(Key.BEHIND),
  });
}

function readImage(fields: FieldReader): ImageDescription {
  return {
    sequenceNumber: fields.unsigned(0),
    version: fields.text(1, TEXT),
    sha256: bytesOrNull(fields, 2, BYTES.max),
  };
}

function readCandidate(fields: FieldReader): Candidate {
  return {
    ...readImage(fields),
    slot: fields.unsigned(3) === 1 ? 1 : 0,
    securityCounter: fields.unsigned(4),
    trials: fields.unsigned(5),
    hasRun: fields.boolean(6),
    verdict: readReason(fields, 7),
  };
}

function readReport(fields: FieldReader): PendingReport {
  return {
    id: fields.bytes(0, BYTES),
    sequenceNumber: fields.unsigned(1),
    version: fields.text(2, TEXT),
    result: fields.unsigned(3),
    reason: readReason(fields, 4),
  };
}

function readAttempts(fields: FieldReader): Attempts {
  return {
    sequenceNumber: fields.unsigned(0),
    count: fields.unsigned(1),
    reason: readReason(fields, 2) ?? "bootFailed",
    isOver: fields.boolean(3),
  };
}

function orNull<Value>(
  fields: FieldReader,
  key: number,
  length: number,
  read: (fields: FieldReader) => Value,
): Value | undefined {
  const value: CborValue | CborMap = fields.any(key);
  return value === null ? undefined : read(FieldReader.ofArray("memory", value, { min: length, max: length }));
}

function bytesOrNull(fields: FieldReader, key: number, max: number): Uint8Array | undefined {
  return fields.any(key) === null ? undefined : fields.bytes(key, { min: 1, max });
}

function readReason(fields: FieldReader, key: number): Reason | undefined {
  const text = fields.any(key);
  return typeof text === "string" && isReason(text) ? text : undefined;
}
