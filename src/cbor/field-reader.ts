// Fields of a map or an array of others', one after the other. As with a ByteReader, what is missing or wrong gives a
// value of its type and is noted, the first time and for good: a decoder reads all its fields in a row and asks once at
// the end. What lies within a field is read by a reader of its own that notes in the same place.

import { EMPTY } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { CborFault, CborMap, CborValue } from "./cbor-value.ts";
import { decodeForeignCbor } from "./decode-cbor.ts";

/** Of an integer. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** Of a text, in UTF-16 units, of a byte string, an array or a map. */
export interface Lengths {
  readonly min?: number;
  readonly max: number;
}

type Key = number | string;

/** Where readers note the first fault. */
interface Notes {
  fault?: string;
}

export class FieldReader {
  readonly #what: string;
  readonly #fields: CborMap;
  readonly #read = new Set<CborValue>();
  readonly #notes: Notes;

  /** `what` names the whole in faults: "ticket". */
  constructor(what: string, fields: CborMap, notes: Notes = {}) {
    this.#what = what;
    this.#fields = fields;
    this.#notes = notes;
  }

  static ofMap(what: string, value: CborValue, notes: Notes = {}): FieldReader {
    if (value instanceof Map) return new FieldReader(what, value, notes);
    return FieldReader.#broken(what, "is no map", notes);
  }

  /** The elements are the fields 0, 1 and so on; a length outside of the bounds is a fault. */
  static ofArray(what: string, value: CborValue, lengths: Lengths, notes: Notes = {}): FieldReader {
    if (!Array.isArray(value)) return FieldReader.#broken(what, "is no array", notes);
    if (!isWithin(value.length, lengths)) return FieldReader.#broken(what, `has ${value.length} elements`, notes);
    return new FieldReader(what, new Map((value as readonly CborValue[]).entries()), notes);
  }

  static #broken(what: string, fault: string, notes: Notes): FieldReader {
    const reader = new FieldReader(what, new Map(), notes);
    reader.#note(fault);
    return reader;
  }

  /** The first that was wrong, here or within. */
  get fault(): CborFault | undefined {
    const { fault } = this.#notes;
    return fault === undefined ? undefined : { reason: fault };
  }

  /** How many fields there are. */
  get size(): number {
    return this.#fields.size;
  }

  keys(): IterableIterator<CborValue> {
    return this.#fields.keys();
  }

  /** A reader of the map `value`, which this one took from a field. */
  mapWithin(what: string, value: CborValue): FieldReader {
    return FieldReader.ofMap(what, value, this.#notes);
  }

  /** The same of an array. */
  arrayWithin(what: string, value: CborValue, lengths: Lengths): FieldReader {
    return FieldReader.ofArray(what, value, lengths, this.#notes);
  }

  /** What a byte string holds that is CBOR itself, a foreign one. */
  embedded(key: Key, lengths: Lengths): CborValue {
    return this.#embeddedIn(key, this.bytes(key, lengths));
  }

  optionalEmbedded(key: Key, lengths: Lengths): CborValue {
    const bytes = this.optionalBytes(key, lengths);
    return bytes === undefined ? undefined : this.#embeddedIn(key, bytes);
  }

  #embeddedIn(key: Key, bytes: Uint8Array): CborValue {
    if (this.fault !== undefined) return undefined;
    const decoded = decodeForeignCbor(bytes);
    if (decoded.ok) return decoded.value;
    this.#note(`holds as ${key} what is no CBOR: ${decoded.error.reason}`);
    return undefined;
  }

  /** `value` when all that was read is as it should be, whatever else stands there. */
  finish<Value>(value: Value): Result<Value, CborFault> {
    return this.fault === undefined ? ok(value) : failed(this.fault);
  }

  /** The same, but a key that nobody read is a fault: for formats of ours. */
  finishKnown<Value>(value: Value): Result<Value, CborFault> {
    for (const key of this.#fields.keys()) if (!this.#read.has(key)) this.#note(`has an unknown key ${String(key)}`);
    return this.finish(value);
  }

  /** For what only its own decoder can tell: the value with `key` is not as it should be. */
  reject(key: Key, why: string): void {
    this.#note(`has ${why} as ${key}`);
  }

  has(key: Key): boolean {
    return this.#fields.has(key);
  }

  any(key: Key): CborValue {
    this.#read.add(key);
    return this.#fields.get(key);
  }

  /** From 0 to 2^53-1 unless `range` is narrower. */
  unsigned(key: Key, range: Range = {}): number {
    return this.optionalUnsigned(key, range) ?? this.#missing(key, 0);
  }

  optionalUnsigned(key: Key, { min = 0, max = Number.MAX_SAFE_INTEGER }: Range = {}): number | undefined {
    return this.optionalInteger(key, { min, max });
  }

  integer(key: Key, range: Range = {}): number {
    return this.optionalInteger(key, range) ?? this.#missing(key, 0);
  }

  optionalInteger(key: Key, range: Range = {}): number | undefined {
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range;
    const isOne = (value: CborValue): value is number => Number.isSafeInteger(value);
    return this.#optional(key, isOne, `no integer from ${min} to ${max}`, (value) => value >= min && value <= max);
  }

  bytes(key: Key, lengths: Lengths): Uint8Array {
    return this.optionalBytes(key, lengths) ?? this.#missing(key, EMPTY);
  }

  optionalBytes(key: Key, lengths: Lengths): Uint8Array | undefined {
    return this.#optional(key, isBytes, `no byte string of ${spoken(lengths)}`, (it) => isWithin(it.length, lengths));
  }

  text(key: Key, lengths: Lengths): string {
    return this.optionalText(key, lengths) ?? this.#missing(key, "");
  }

  optionalText(key: Key, lengths: Lengths): string | undefined {
    return this.#optional(key, isText, `no text of ${spoken(lengths)}`, (it) => isWithin(it.length, lengths));
  }

  boolean(key: Key): boolean {
    return this.optionalBoolean(key) ?? this.#missing(key, false);
  }

  optionalBoolean(key: Key): boolean | undefined {
    return this.#optional(key, isBoolean, "no boolean", () => true);
  }

  array(key: Key, lengths: Lengths): readonly CborValue[] {
    return this.optionalArray(key, lengths) ?? this.#missing(key, []);
  }

  optionalArray(key: Key, lengths: Lengths): readonly CborValue[] | undefined {
    return this.#optional(key, isArray, `no array of ${spoken(lengths)}`, (it) => isWithin(it.length, lengths));
  }

  map(key: Key, lengths: Lengths): CborMap {
    return this.optionalMap(key, lengths) ?? this.#missing(key, new Map());
  }

  optionalMap(key: Key, lengths: Lengths): CborMap | undefined {
    return this.#optional(key, isMap, `no map of ${spoken(lengths)}`, (it) => isWithin(it.size, lengths));
  }

  #optional<Value extends CborValue>(
    key: Key,
    isOne: (value: CborValue) => value is Value,
    otherwise: string,
    fits: (value: Value) => boolean,
  ): Value | undefined {
    if (!this.#fields.has(key)) return undefined;
    const value = this.any(key);
    if (isOne(value) && fits(value)) return value;
    this.reject(key, otherwise);
    return undefined;
  }

  #missing<Value>(key: Key, instead: Value): Value {
    this.#note(`has nothing as ${key}`);
    return instead;
  }

  #note(fault: string): void {
    this.#notes.fault ??= `${this.#what} ${fault}`;
  }
}

function isWithin(length: number, { min = 0, max }: Lengths): boolean {
  return length >= min && length <= max;
}

function spoken({ min = 0, max }: Lengths): string {
  return min === max ? `length ${max}` : `length ${min} to ${max}`;
}

function isBytes(value: CborValue): value is Uint8Array {
  return value instanceof Uint8Array;
}

function isText(value: CborValue): value is string {
  return typeof value === "string";
}

function isBoolean(value: CborValue): value is boolean {
  return typeof value === "boolean";
}

function isArray(value: CborValue): value is readonly CborValue[] {
  return Array.isArray(value);
}

function isMap(value: CborValue): value is CborMap {
  return value instanceof Map;
}
