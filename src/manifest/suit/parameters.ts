// draft-ietf-suit-manifest-37 8.4.8, with the parameters of update-management and of the encrypted payloads: what a
// manifest sets for a component before it commands.

import type { CborMap, CborValue } from "../../cbor/cbor-value.ts";
import { encodeCbor } from "../../cbor/encode-cbor.ts";
import type { FieldReader } from "../../cbor/field-reader.ts";
import { DIGEST_LENGTH_MAX, digestValue, readDigest, type SuitDigest } from "./suit-digest.ts";

export interface Parameters {
  /** 16 bytes, as the next one and deviceId. */
  readonly vendorId?: Uint8Array;
  readonly classId?: Uint8Array;
  readonly imageDigest?: SuitDigest;
  /** Seconds since 1970. */
  readonly useBefore?: number;
  readonly slot?: number;
  readonly strictOrder?: boolean;
  readonly softFailure?: boolean;
  /** In bytes. */
  readonly imageSize?: number;
  readonly content?: Uint8Array;
  /** A COSE_Encrypt of a detached payload. */
  readonly encryptionInfo?: Uint8Array;
  readonly uri?: string;
  readonly sourceComponent?: number;
  readonly invokeArguments?: Uint8Array;
  readonly deviceId?: Uint8Array;
  readonly fetchArguments?: Uint8Array;
  /** In percent. */
  readonly minimumBattery?: number;
  readonly updatePriority?: number;
  readonly version?: VersionMatch;
  readonly waitInfo?: Uint8Array;
}

/** 1.2.3 is [1, 2, 3]; below zero are what comes before a release: -1 a candidate, -2 a beta, -3 an alpha. */
export interface VersionMatch {
  readonly comparison: Comparison;
  readonly version: readonly number[];
}

export type Comparison = ">" | ">=" | "=" | "<=" | "<";

/** From 1 on. */
export const COMPARISONS: readonly Comparison[] = [">", ">=", "=", "<=", "<"];

export const URI_LENGTH_MAX = 255;
/** A device holds a whole sequence in memory; what is longer is fetched. */
export const CONTENT_LENGTH_MAX = 4096;
/** A recipient takes some 100 bytes of it. */
export const INFO_PARAMETER_LENGTH_MAX = 2048;
export const ARGUMENTS_LENGTH_MAX = 255;
export const VERSION_PARTS_MAX = 8;
const UUID = { min: 16, max: 16 };
const EMBEDDED_DIGEST = { max: DIGEST_LENGTH_MAX + 8 };
const IMAGE_SIZE_MAX = 2 ** 32 - 1;

interface Form<Name extends keyof Parameters = keyof Parameters> {
  readonly key: number;
  readonly name: Name;
  read(fields: FieldReader, key: number): Parameters[Name];
  write(value: NonNullable<Parameters[Name]>): CborValue;
}

function form<Name extends keyof Parameters>(
  key: number,
  name: Name,
  read: Form<Name>["read"],
  write: Form<Name>["write"],
): Form {
  return { key, name, read, write } as Form;
}

function asItIs(value: CborValue): CborValue {
  return value;
}

const FORMS: readonly Form[] = [
  form(1, "vendorId", (fields, key) => fields.optionalBytes(key, UUID), asItIs),
  form(2, "classId", (fields, key) => fields.optionalBytes(key, UUID), asItIs),
  form(3, "imageDigest", imageDigestIn, (digest) => encodeCbor(digestValue(digest))),
  form(4, "useBefore", (fields, key) => fields.optionalUnsigned(key), asItIs),
  form(5, "slot", (fields, key) => fields.optionalUnsigned(key), asItIs),
  form(12, "strictOrder", (fields, key) => fields.optionalBoolean(key), asItIs),
  form(13, "softFailure", (fields, key) => fields.optionalBoolean(key), asItIs),
  form(14, "imageSize", (fields, key) => fields.optionalUnsigned(key, { max: IMAGE_SIZE_MAX }), asItIs),
  form(18, "content", (fields, key) => fields.optionalBytes(key, { max: CONTENT_LENGTH_MAX }), asItIs),
  form(19, "encryptionInfo", (fields, key) => fields.optionalBytes(key, { max: INFO_PARAMETER_LENGTH_MAX }), asItIs),
  form(21, "uri", (fields, key) => fields.optionalText(key, { min: 1, max: URI_LENGTH_MAX }), asItIs),
  form(22, "sourceComponent", (fields, key) => fields.optionalUnsigned(key), asItIs),
  form(23, "invokeArguments", (fields, key) => fields.optionalBytes(key, { max: ARGUMENTS_LENGTH_MAX }), asItIs),
  form(24, "deviceId", (fields, key) => fields.optionalBytes(key, UUID), asItIs),
  form(25, "fetchArguments", (fields, key) => fields.optionalBytes(key, { max: ARGUMENTS_LENGTH_MAX }), asItIs),
  form(26, "minimumBattery", (fields, key) => fields.optionalUnsigned(key, { max: 100 }), asItIs),
  form(27, "updatePriority", (fields, key) => fields.optionalInteger(key), asItIs),
  form(28, "version", versionIn, versionBytes),
  form(29, "waitInfo", (fields, key) => fields.optionalBytes(key, { max: ARGUMENTS_LENGTH_MAX }), asItIs),
];

function imageDigestIn(fields: FieldReader, key: number): SuitDigest | undefined {
  const value = fields.optionalEmbedded(key, EMBEDDED_DIGEST);
  return value === undefined ? undefined : readDigest(fields, "image-digest", value);
}

function versionIn(fields: FieldReader, key: number): VersionMatch | undefined {
  const value = fields.optionalEmbedded(key, { max: ARGUMENTS_LENGTH_MAX });
  if (value === undefined) return undefined;
  const parts = fields.arrayWithin("version", value, { min: 2, max: 2 });
  const comparison = COMPARISONS[parts.unsigned(0, { min: 1, max: COMPARISONS.length }) - 1]!;
  const list = parts.array(1, { min: 1, max: VERSION_PARTS_MAX });
  const numbers = parts.arrayWithin("version", list, { max: VERSION_PARTS_MAX });
  return { comparison, version: list.map((_, i) => numbers.integer(i)) };
}

function versionBytes({ comparison, version }: VersionMatch): CborValue {
  return encodeCbor([COMPARISONS.indexOf(comparison) + 1, version]);
}

/** A parameter that is none of these is a fault: who does not know it cannot say what a device will do. */
export function readParameters(fields: FieldReader, value: CborValue): Parameters {
  const map = fields.mapWithin("parameters", value);
  const known = new Set<CborValue>(FORMS.map(({ key }) => key));
  for (const key of map.keys()) if (!known.has(key)) map.reject(String(key), "an unknown parameter");
  if (map.size === 0) map.reject(0, "no parameter");
  const entries = FORMS.map(({ name, key, read }) => [name, read(map, key)] as const);
  return Object.fromEntries(entries.filter(([, it]) => it !== undefined));
}

export function parametersValue(parameters: Parameters): CborMap {
  const entries = FORMS.flatMap(({ key, name, write }) => {
    const value = parameters[name];
    return value === undefined ? [] : [[key, write(value)] as const];
  });
  return new Map(entries);
}
