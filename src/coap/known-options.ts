// The options of requests that came before, as they were read then. A device asks for a thousand blocks with the same
// options but for Block2, and a fleet asks for the same image: comparing their bytes costs much less than reading them anew,
// texts and all.

import { ok, type Result } from "../base/result.ts";
import { type Block, blockOf, SZX_RESERVED } from "./block.ts";
import type { RefusalName } from "./errors.ts";
import { DecodedMessage, optionDelta, optionEnd, optionValueStart } from "./message.ts";
import { OptionNumber } from "./option.ts";
import { KNOWN_OPTIONS_MAX } from "./parameters.ts";
import { type Request, type RequestOptions, readRequest, readRequestOptions, requestOf } from "./request.ts";

/** Longer options are read anew each time. */
const KNOWN_LENGTH_MAX = 128;
const BLOCK2_LENGTH_MAX = 3;

interface Known {
  /** A copy of the message that `options` was read from. */
  readonly message: DecodedMessage;
  /** Where Block2 stands in it; both its end where it has none. */
  readonly block2At: number;
  readonly block2End: number;
  readonly options: RequestOptions;
}

export class KnownOptions {
  readonly #known = new Map<number, Known>();
  /** Those of the last request, which the next one's most often are. */
  #last: Known | undefined;

  get size(): number {
    return this.#known.size;
  }

  /** The same as readRequest() gives, but that only `message` and `payload` are views of the message. */
  read<Association>(
    association: Association,
    message: DecodedMessage,
    messageLengthMax: number,
  ): Result<Request<Association>, RefusalName> {
    const { bytes, optionsStart, optionsEnd } = message;
    if (optionsEnd - optionsStart > KNOWN_LENGTH_MAX) return readRequest(association, message, messageLengthMax);
    let known = this.#last;
    let block2At = known === undefined ? undefined : block2LikeIn(known, message);
    let block2End = block2At === undefined ? optionsEnd : optionEndOr(optionsEnd, bytes, block2At);
    if (known === undefined || block2At === undefined || !sameBut(known, message, block2At, block2End)) {
      block2At = findOption(bytes, optionsStart, optionsEnd, OptionNumber.BLOCK2);
      block2End = optionEndOr(optionsEnd, bytes, block2At);
      const found = this.#find(message, block2At, block2End);
      if (!found.ok) return found;
      known = found.value;
      this.#last = known;
    }
    const block2 = block2At === optionsEnd ? undefined : readBlock(bytes, block2At, block2End);
    if (block2 === null) return readRequest(association, message, messageLengthMax);
    return ok(requestOf(association, message, known.options, block2, messageLengthMax));
  }

  #find(message: DecodedMessage, block2At: number, block2End: number): Result<Known, RefusalName> {
    const key = keyOf(message, block2At, block2End);
    const known = this.#known.get(key);
    if (known !== undefined && sameBut(known, message, block2At, block2End)) return ok(known);
    const copy = new DecodedMessage(Uint8Array.from(message.bytes), message.optionsEnd);
    const read = readRequestOptions(copy);
    if (!read.ok) return read;
    const fresh = { message: copy, block2At, block2End, options: read.value };
    this.#remember(key, fresh);
    return ok(fresh);
  }

  /** All are forgotten when they are too many: whoever makes up options costs us what reading them costs. */
  #remember(key: number, known: Known): void {
    if (this.#known.size >= KNOWN_OPTIONS_MAX) this.#known.clear();
    this.#known.set(key, known);
  }
}

/**
 * Where Block2 stands in `message` if all options before it are those of `known`, or the options' end if neither has one;
 * undefined when it is not so.
 */
function block2LikeIn(known: Known, { bytes, optionsStart, optionsEnd }: DecodedMessage): number | undefined {
  const { block2At, message } = known;
  const at = optionsStart + block2At - message.optionsStart;
  if (block2At === known.block2End) return at === optionsEnd ? at : undefined;
  const delta = message.bytes[block2At]! >> 4;
  return at < optionsEnd && delta < 13 && bytes[at]! >> 4 === delta ? at : undefined;
}

function optionEndOr(end: number, bytes: Uint8Array, at: number): number {
  return at === end ? end : optionEnd(bytes, at);
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

/** The Block2 that stands there; null for one that readRequest() refuses. */
function readBlock(bytes: Uint8Array, at: number, end: number): Block | null {
  const valueAt = optionValueStart(bytes, at);
  if (end - valueAt > BLOCK2_LENGTH_MAX) return null;
  let bits = 0;
  for (let i = valueAt; i < end; i++) bits = (bits << 8) | bytes[i]!;
  const block = blockOf(bits);
  return block.szx === SZX_RESERVED ? null : block;
}

/** FNV-1a over everything that has to be the same, in 31 bits. */
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
