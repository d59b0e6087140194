// Figures of a device in a report or a check-in: numbers by numbers, so that a device may tell what this server does not know yet.

import type { CborMap, CborValue } from "../cbor/cbor-value.ts";
import type { FieldReader } from "../cbor/field-reader.ts";
import { FieldKey } from "./field-key.ts";

/** Figures in one message, and the greatest number that names one. */
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
  /** In a report those of the new image, in a check-in all of the device. */
  BOOTS: 5,
  /** Seconds since the device was started. */
  UPTIME: 6,
  /** Coverage enhancement: 0 is good, 2 is hardly anything. */
  RADIO_LEVEL: 7,
} as const;

export const RADIO_LEVEL_MAX = 2;

export const NO_FIGURES: ReadonlyMap<number, number> = new Map();

/** As a field: none are left out. */
export function figuresField(figures: ReadonlyMap<number, number>): CborMap | undefined {
  return figures.size === 0 ? undefined : figures;
}

export function readFigures(fields: FieldReader): ReadonlyMap<number, number> {
  const map = fields.optionalMap(FieldKey.FIGURES, { min: 1, max: FIGURES_MAX });
  if (map === undefined) return NO_FIGURES;
  for (const [key, value] of map) {
    if (isUpTo(key, FIGURE_NUMBER_MAX) && isUpTo(value, Number.MAX_SAFE_INTEGER)) continue;
    fields.reject(FieldKey.FIGURES, "what are no figures");
    return NO_FIGURES;
  }
  return map as ReadonlyMap<number, number>;
}

function isUpTo(value: CborValue, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}
