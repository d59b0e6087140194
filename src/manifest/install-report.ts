// What a device tells by POST /r: how an update went. The report's id makes it idempotent over restarts, gateways and doors;
// the answer is an empty 2.04.

import type { Result } from "../base/result.ts";
import type { CborFault } from "../cbor/cbor-value.ts";
import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { FieldReader } from "../cbor/field-reader.ts";
import { SLOT_MAX } from "./check-in.ts";
import { FieldKey, present } from "./field-key.ts";
import { figuresField, readFigures } from "./figure.ts";
import { readProduct, readVersion } from "./names.ts";
import { UPDATE_RESULT_MAX, UPDATE_STATE_MAX } from "./reason.ts";

/** Bytes of an encoded report. */
export const INSTALL_REPORT_LENGTH_MAX = 256;

export const REPORT_ID_LENGTH = 8;

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
      [FieldKey.FIGURES, figuresField(report.figures)],
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
  return fields.finishKnown({ ...report, figures: readFigures(fields) });
}
