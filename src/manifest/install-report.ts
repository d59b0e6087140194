// What a device tells by POST /r: how an update went. The report's id makes it idempotent over restarts, gateways and doors;
// the answer is an empty 2.04.

import type { Result } from "../base/result.ts";
import type { CborFault, CborMap, CborValue } from "../cbor/cbor-value.ts";
import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { FieldReader } from "../cbor/field-reader.ts";
import { SLOT_MAX } from "./check-in.ts";
import { FieldKey, present } from "./field-key.ts";
import { readProduct, readVersion } from "./names.ts";
import { UPDATE_RESULT_MAX, UPDATE_STATE_MAX } from "./reason.ts";

/** Bytes of an encoded report. */
export const INSTALL_REPORT_LENGTH_MAX = 256;

export const REPORT_ID_LENGTH = 8;

/** Figures of one report, and the greatest number that names one. */
export const FIGURES_MAX = 8;
export const FIGURE_NUMBER_MAX = 23;

/** What a figure's number means; a server keeps those that it does not know as well. */
export const Figure = {
  /** From the check-in to the reboot, and from the reboot to this report, seconds. */
  UPDATE_SECONDS: 1,
  CONTACT_SECONDS: 2,
  /** Of the image, as they were received. */
  BYTES_RECEIVED: 3,
  /** Requests that had to be sent again. */
  RETRANSMISSIONS: 4,
  /** Of the new image. */
  BOOTS: 5,
  /** Seconds since the device was started. */
  UPTIME: 6,
} as const;

/** A reason of a newer device may be one that this server does not know. */
const REASON = /^[A-Za-z]{1,32}$/;
const REASON_LENGTH_MAX = 32;

export interface InstallReport {
  readonly id: Uint8Array;
  readonly product: string;
  /** Of what it is about. */
  readonly version?: string | undefined;
  readonly sequenceNumber: number;
  /** LwM2M's State, see UpdateState. */
  readonly state: number;
  /** LwM2M's Update Result, see UpdateResult. */
  readonly result: number;
  /** Absent where there is nothing to explain. */
  readonly reason?: string | undefined;
  /** What runs now. */
  readonly slot?: number | undefined;
  /** Unsigned, by their numbers. */
  readonly figures: ReadonlyMap<number, number>;
}

export function encodeInstallReport(report: InstallReport): Uint8Array {
  return encodeCbor(
    present([
      [FieldKey.SEQUENCE_NUMBER, report.sequenceNumber],
      [FieldKey.VERSION, report.version],
      [FieldKey.PRODUCT, report.product],
      [FieldKey.SLOT, report.slot],
      [FieldKey.REPORT_ID, report.id],
      [FieldKey.STATE, report.state],
      [FieldKey.RESULT, report.result],
      [FieldKey.REASON, report.reason],
      [FieldKey.FIGURES, report.figures.size === 0 ? undefined : report.figures],
    ]),
  );
}

export function decodeInstallReport(bytes: Uint8Array): Result<InstallReport, CborFault> {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return decoded;
  const fields = FieldReader.ofMap("report", decoded.value);
  const report = {
    id: fields.bytes(FieldKey.REPORT_ID, { min: REPORT_ID_LENGTH, max: REPORT_ID_LENGTH }),
    product: readProduct(fields, FieldKey.PRODUCT),
    version: readVersion(fields, FieldKey.VERSION),
    sequenceNumber: fields.unsigned(FieldKey.SEQUENCE_NUMBER),
    state: fields.unsigned(FieldKey.STATE, { max: UPDATE_STATE_MAX }),
    result: fields.unsigned(FieldKey.RESULT, { max: UPDATE_RESULT_MAX }),
    reason: fields.optionalText(FieldKey.REASON, { min: 1, max: REASON_LENGTH_MAX }),
    slot: fields.optionalUnsigned(FieldKey.SLOT, { max: SLOT_MAX }),
  };
  if (report.reason !== undefined && !REASON.test(report.reason)) fields.reject(FieldKey.REASON, "no reason");
  const figures = readFigures(fields.optionalMap(FieldKey.FIGURES, { min: 1, max: FIGURES_MAX }));
  if (figures === undefined) fields.reject(FieldKey.FIGURES, "what are no figures");
  return fields.finishKnown({ ...report, figures: figures ?? new Map() });
}

function readFigures(map: CborMap | undefined): ReadonlyMap<number, number> | undefined {
  const figures = [...(map ?? [])];
  const areFigures = figures.every(([key, value]) => isUpTo(key, FIGURE_NUMBER_MAX) && isUpTo(value));
  return areFigures ? new Map(figures as [number, number][]) : undefined;
}

function isUpTo(value: CborValue, max = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}
