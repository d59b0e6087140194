// The option registry (RFC 7252 5.10, 7959, 7641, 7967, 9175) and the value formats of RFC 7252 3.2.
// Q-Block1 (19) and Q-Block2 (31) of RFC 9177 are left out on purpose: an unrecognised critical option is how a server
// tells that it has neither of them.

import { EMPTY, toUtf8 } from "../base/bytes.ts";

export interface Option {
  readonly number: number;
  readonly value: Uint8Array;
}

/** An option whose value is a number: to be encoded without an array of its own. */
export interface UintOption {
  readonly number: number;
  /** Below 2^32. */
  readonly uint: number;
}

export const OptionNumber = {
  IF_MATCH: 1,
  URI_HOST: 3,
  ETAG: 4,
  IF_NONE_MATCH: 5,
  OBSERVE: 6,
  URI_PORT: 7,
  LOCATION_PATH: 8,
  URI_PATH: 11,
  CONTENT_FORMAT: 12,
  MAX_AGE: 14,
  URI_QUERY: 15,
  ACCEPT: 17,
  LOCATION_QUERY: 20,
  BLOCK2: 23,
  BLOCK1: 27,
  SIZE2: 28,
  PROXY_URI: 35,
  PROXY_SCHEME: 39,
  SIZE1: 60,
  ECHO: 252,
  NO_RESPONSE: 258,
  REQUEST_TAG: 292,
} as const;

export interface OptionDefinition {
  readonly name: string;
  readonly format: "empty" | "opaque" | "string" | "uint";
  readonly lengthMin: number;
  readonly lengthMax: number;
  readonly repeatable: boolean;
}

function single(
  name: string,
  format: OptionDefinition["format"],
  lengthMin: number,
  lengthMax: number,
): OptionDefinition {
  return { name, format, lengthMin, lengthMax, repeatable: false };
}

function repeatable(
  name: string,
  format: OptionDefinition["format"],
  lengthMin: number,
  lengthMax: number,
): OptionDefinition {
  return { name, format, lengthMin, lengthMax, repeatable: true };
}

const DEFINITIONS: ReadonlyMap<number, OptionDefinition> = new Map([
  [OptionNumber.IF_MATCH, repeatable("If-Match", "opaque", 0, 8)],
  [OptionNumber.URI_HOST, single("Uri-Host", "string", 1, 255)],
  [OptionNumber.ETAG, repeatable("ETag", "opaque", 1, 8)],
  [OptionNumber.IF_NONE_MATCH, single("If-None-Match", "empty", 0, 0)],
  [OptionNumber.OBSERVE, single("Observe", "uint", 0, 3)],
  [OptionNumber.URI_PORT, single("Uri-Port", "uint", 0, 2)],
  [OptionNumber.LOCATION_PATH, repeatable("Location-Path", "string", 0, 255)],
  [OptionNumber.URI_PATH, repeatable("Uri-Path", "string", 0, 255)],
  [OptionNumber.CONTENT_FORMAT, single("Content-Format", "uint", 0, 2)],
  [OptionNumber.MAX_AGE, single("Max-Age", "uint", 0, 4)],
  [OptionNumber.URI_QUERY, repeatable("Uri-Query", "string", 0, 255)],
  [OptionNumber.ACCEPT, single("Accept", "uint", 0, 2)],
  [OptionNumber.LOCATION_QUERY, repeatable("Location-Query", "string", 0, 255)],
  [OptionNumber.BLOCK2, single("Block2", "uint", 0, 3)],
  [OptionNumber.BLOCK1, single("Block1", "uint", 0, 3)],
  [OptionNumber.SIZE2, single("Size2", "uint", 0, 4)],
  [OptionNumber.PROXY_URI, single("Proxy-Uri", "string", 1, 1034)],
  [OptionNumber.PROXY_SCHEME, single("Proxy-Scheme", "string", 1, 255)],
  [OptionNumber.SIZE1, single("Size1", "uint", 0, 4)],
  [OptionNumber.ECHO, single("Echo", "opaque", 1, 40)],
  [OptionNumber.NO_RESPONSE, single("No-Response", "uint", 0, 1)],
  [OptionNumber.REQUEST_TAG, repeatable("Request-Tag", "opaque", 0, 8)],
]);

export function definitionOf(number: number): OptionDefinition | undefined {
  return DEFINITIONS.get(number);
}

/** RFC 7252 5.4.6: an odd number must be understood, an even one may be ignored. */
export function isCritical(number: number): boolean {
  return (number & 1) === 1;
}

/** RFC 7252 5.4.6: whether requests that differ in this option may have different answers. */
export function isCacheKey(number: number): boolean {
  return (number & 0x1e) !== 0x1c;
}

/**
 * RFC 7252 5.4.1, 5.4.3, 5.4.5: whether the option at `index` of `options` (ascending by number) is recognised: its
 * number is known, its length in range, and it is not a repetition of an option that may occur only once.
 */
export function isRecognised(options: readonly Option[], index: number): boolean {
  const { number, value } = options[index]!;
  const definition = DEFINITIONS.get(number);
  if (definition === undefined) return false;
  if (value.length < definition.lengthMin || value.length > definition.lengthMax) return false;
  return definition.repeatable || options[index - 1]?.number !== number;
}

/** RFC 7252 3.2: big-endian without leading zeros; zero is the empty string. `value` is below 2^32. */
export function encodeUint(value: number): Uint8Array {
  const length = uintLength(value);
  if (length === 0) return EMPTY;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = value >>> (8 * (length - 1 - i));
  return bytes;
}

/** Bytes that encodeUint() needs. */
export function uintLength(value: number): number {
  if (value === 0) return 0;
  if (value < 2 ** 8) return 1;
  if (value < 2 ** 16) return 2;
  return value < 2 ** 24 ? 3 : 4;
}

/** RFC 7252 3.2; leading zeros are accepted. `value` has at most 4 bytes. */
export function decodeUint(value: Uint8Array): number {
  let result = 0;
  for (const byte of value) result = result * 256 + byte;
  return result;
}

export function uintOption(number: number, value: number): Option {
  return { number, value: encodeUint(value) };
}

export function stringOption(number: number, text: string): Option {
  return { number, value: toUtf8(text) };
}

/** `options` ascending by number; the order of equal numbers is kept. */
export function inOrder<Any extends { readonly number: number }>(options: readonly Any[]): readonly Any[] {
  return options.toSorted((a, b) => a.number - b.number);
}
