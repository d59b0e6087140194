// The options of requests that came before, as they were read then. A device asks for a thousand blocks with the same
// options but for Block2, and a fleet asks for the same image: comparing their bytes costs much less than reading them anew,
// texts and all.

import type { Deadlined } from "../base/deadlined.ts";
import { addMs, type Instant } from "../base/instant.ts";
import { ok, type Result } from "../base/result.ts";
import { type Block, blockOf, SZX_RESERVED } from "./block.ts";
import type { RefusalName } from "./errors.ts";
import { DecodedMessage, optionDelta, optionEnd, optionsStartOf, optionValueStart } from "./message.ts";
import { OptionNumber } from "./option.ts";
import {
  ENTRY_OVERHEAD_LENGTH,
  EXCHANGE_LIFETIME_MS,
  KNOWN_OPTIONS_LENGTH_MAX,
  KNOWN_OPTIONS_MAX,
} from "./parameters.ts";
import { type Request, type RequestOptions, readRequest, readRequestOptions, requestOf } from "./request.ts";

/** Longer options, and more of them, are read anew each time. */
const KNOWN_LENGTH_MAX = 128;
const KNOWN_VALUES_MAX = 16;
/** About what one value takes that was read into an object of its own. */
const VALUE_OVERHEAD_LENGTH = 128;
const BLOCK2_LENGTH_MAX = 3;

interface Known {
  /** A copy of the message that `options` was read from, without its payload. */
  readonly message: DecodedMessage;
  /** Where Block2 stands in it; both its end where it has none. */
  readonly block2At: number;
  readonly block2End: number;
  readonly options: RequestOptions;
  /** Bytes. */
  readonly length: number;
}

/**
 * What nobody asked for during EXCHANGE_LIFETIME goes: those asked for since the last turn are young, the others old, and
 * at each turn the old ones are forgotten.
 */
export class KnownOptions implements Deadlined {
  #young = new Map<number, Known>();
  #old = new Map<number, Known>();
  /** Of both, bytes. */
  #length = 0;
  #oldLength = 0;
  #turnsAt: Instant | undefined;
  /** Those of the last request, which the next one's most often are. */
  #last: Known | undefined;

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Bytes, overhead included. */
  get length(): number {
    return this.#length;
  }

  /**
   * A message that differs from the last one in header, token and Block2 only, read without looking for what is wrong in it:
   * for all other messages undefined. What is given is what decodeMessage() and read() give together.
   */
  readAgain<Association>(
    association: Association,
    datagram: Uint8Array,
    messageLengthMax: number,
  ): Request<Association> | undefined {
    const known = this.#last;
    if (known === undefined || known.block2At === known.block2End) return undefined;
    const optionsStart = optionsStartOf(datagram);
    const { message, block2At, block2End } = known;
    const at = optionsStart + block2At - message.optionsStart;
    const first = datagram[at];
    if (optionsStart === 0 || datagram[1] !== message.code || first === undefined) return undefined;
    const end = at + 1 + (first & 0b1111);
    const behind = message.optionsEnd - block2End;
    // The difference of its number to the one before is the same, and nothing extends it or its length.
    const isLike = first >> 4 < 13 && first >> 4 === message.bytes[block2At]! >> 4 && end - at <= 1 + BLOCK2_LENGTH_MAX;
    if (!isLike || end + behind !== datagram.length) return undefined;
    if (!equalRange(datagram, optionsStart, message.bytes, message.optionsStart, at - optionsStart)) return undefined;
    if (!equalRange(datagram, end, message.bytes, block2End, behind)) return undefined;
    const block2 = readBlock(datagram, at + 1, end);
    if (block2 === null) return undefined;
    const again = new DecodedMessage(datagram, datagram.length);
    return requestOf(association, again, known.options, block2, messageLengthMax);
  }

  /** The same as readRequest() gives, but that only `message` and `payload` are views of the message. */
  read<Association>(
    now: Instant,
    association: Association,
    message: DecodedMessage,
    messageLengthMax: number,
  ): Result<Request<Association>, RefusalName> {
    const { bytes, optionsStart, optionsEnd } = message;
    if (optionsEnd - optionsStart > KNOWN_LENGTH_MAX) return readRequest(association, message, messageLengthMax);
    const block2At = findOption(bytes, optionsStart, optionsEnd, OptionNumber.BLOCK2);
    const block2End = block2At === optionsEnd ? optionsEnd : optionEnd(bytes, block2At);
    const known = this.#find(now, message, block2At, block2End);
    if (!known.ok) return known;
    this.#last = known.value;
    const block2 = block2At === optionsEnd ? undefined : readBlock(bytes, optionValueStart(bytes, block2At), block2End);
    if (block2 === null) return readRequest(association, message, messageLengthMax);
    return ok(requestOf(association, message, known.value.options, block2, messageLengthMax));
  }

  handleTimeout(now: Instant): void {
    if (this.#turnsAt === undefined || this.#turnsAt > now) return;
    this.#length -= this.#oldLength;
    this.#oldLength = this.#length;
    this.#old = this.#young;
    this.#young = new Map();
    this.#last = undefined;
    this.#turnsAt = this.#old.size === 0 ? undefined : addMs(now, EXCHANGE_LIFETIME_MS);
  }

  pollTimeout(): Instant | undefined {
    return this.#turnsAt;
  }

  #find(now: Instant, message: DecodedMessage, block2At: number, block2End: number): Result<Known, RefusalName> {
    const key = keyOf(message, block2At, block2End);
    const known = this.#young.get(key) ?? this.#rejuvenated(key);
    if (known !== undefined && sameBut(known, message, block2At, block2End)) return ok(known);
    const fresh = readKnown(message, block2At, block2End);
    if (!fresh.ok) return fresh;
    if (valueCountOf(fresh.value.options) <= KNOWN_VALUES_MAX) this.#remember(now, key, fresh.value);
    return fresh;
  }

  #rejuvenated(key: number): Known | undefined {
    const known = this.#old.get(key);
    if (known === undefined) return undefined;
    this.#old.delete(key);
    this.#oldLength -= known.length;
    this.#young.set(key, known);
    return known;
  }

  /** All are forgotten when they are too many: whoever makes up options costs us what reading them costs. */
  #remember(now: Instant, key: number, known: Known): void {
    const full = this.size >= KNOWN_OPTIONS_MAX || this.#length + known.length > KNOWN_OPTIONS_LENGTH_MAX;
    if (full) this.#forgetAll();
    this.#length += known.length - (this.#young.get(key)?.length ?? 0);
    this.#young.set(key, known);
    this.#turnsAt ??= addMs(now, EXCHANGE_LIFETIME_MS);
  }

  #forgetAll(): void {
    this.#young.clear();
    this.#old.clear();
    this.#length = 0;
    this.#oldLength = 0;
  }
}

/** Reads a copy of the options; what was made on the way is not kept. */
function readKnown(message: DecodedMessage, block2At: number, block2End: number): Result<Known, RefusalName> {
  const { optionsEnd } = message;
  const bytes = Uint8Array.from(message.bytes.subarray(0, optionsEnd));
  const read = readRequestOptions(new DecodedMessage(bytes, optionsEnd));
  if (!read.ok) return read;
  const options = read.value;
  const length = ENTRY_OVERHEAD_LENGTH + bytes.length + VALUE_OVERHEAD_LENGTH * valueCountOf(options);
  return ok({ message: new DecodedMessage(bytes, optionsEnd), block2At, block2End, options, length });
}

function valueCountOf({ path, queries, etags, ifMatches }: RequestOptions): number {
  return path.length + queries.length + etags.length + ifMatches.length;
}

/** Where the first option with this number begins; `end` where there is none. */
function findOption(bytes: Uint8Array, start: number, end: number, wanted: number): number {
  let number = 0;
  for (let at = start; at < end; at = optionEnd(bytes, at)) {
    number += optionDelta(bytes, at);
    if (number === wanted) return at;
    if (number > wanted) return end;
  }
  return end;
}

/** The Block2 whose value stands there; null for one that readRequest() refuses. */
function readBlock(bytes: Uint8Array, valueAt: number, end: number): Block | null {
  if (end - valueAt > BLOCK2_LENGTH_MAX) return null;
  let bits = 0;
  for (let i = valueAt; i < end; i++) bits = (bits << 8) | bytes[i]!;
  const block = blockOf(bits);
  return block.szx === SZX_RESERVED ? null : block;
}

/** FNV-1a over everything that has to be the same, in 30 bits. */
function keyOf({ bytes, code, optionsStart, optionsEnd }: DecodedMessage, block2At: number, block2End: number): number {
  let hash = 0x811c9dc5 ^ code ^ (block2End === block2At ? 0 : 0x100);
  for (let i = optionsStart; i < block2At; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  for (let i = block2End; i < optionsEnd; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash & 0x3fffffff;
}

function sameBut(known: Known, message: DecodedMessage, block2At: number, block2End: number): boolean {
  const { message: other } = known;
  if (other.code !== message.code) return false;
  const before = block2At - message.optionsStart;
  const behind = message.optionsEnd - block2End;
  if (known.block2At - other.optionsStart !== before || other.optionsEnd - known.block2End !== behind) return false;
  if ((known.block2End === known.block2At) !== (block2End === block2At)) return false;
  return (
    equalRange(message.bytes, message.optionsStart, other.bytes, other.optionsStart, before) &&
    equalRange(message.bytes, block2End, other.bytes, known.block2End, behind)
  );
}

function equalRange(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}
