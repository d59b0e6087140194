// The message codec of RFC 7252 3.
//
//    0                   1                   2                   3
//   |Ver| T |  TKL  |      Code     |          Message ID           |
//   |   Token (if any, TKL bytes) ...
//   |   Options (if any) ...
//   |1 1 1 1 1 1 1 1|    Payload (if any) ...

import { assert } from "../base/assert.ts";
import { EMPTY, put } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { Code, classOf } from "./code.ts";
import { type EncodedOptions, NO_OPTIONS } from "./encoded-options.ts";
import type { MessageFormatError, MessageFormatErrorKind } from "./errors.ts";
import { bitsOf, type MessageType, messageTypeOf } from "./message-type.ts";
import { type Option, type UintOption, uintLength } from "./option.ts";
import { OPTION_COUNT_MAX } from "./parameters.ts";

export interface Message {
  readonly type: MessageType;
  readonly code: Code;
  /** 0..65,535. */
  readonly messageId: number;
  /** 0..8 bytes. */
  readonly token: Uint8Array;
  /** Ascending by number. */
  readonly options: readonly Option[];
  readonly payload: Uint8Array;
}

export const HEADER_LENGTH = 4;
const TOKEN_LENGTH_MAX = 8;
const PAYLOAD_MARKER = 0xff;
const OPTION_NUMBER_MAX = 65_535;

/** RFC 7252 4.1: the empty message that acknowledges or resets `messageId`. */
export function emptyMessage(type: "ACK" | "RST", messageId: number): Message {
  return { type, code: Code.EMPTY, messageId, token: EMPTY, options: [], payload: EMPTY };
}

/**
 * A message whose bytes were found well-formed. Token, options and payload are views of the datagram, made when asked
 * for: most requests are answered without looking at most of them.
 */
export class DecodedMessage implements Message {
  readonly bytes: Uint8Array;
  readonly type: MessageType;
  readonly code: Code;
  readonly messageId: number;
  readonly tokenLength: number;
  /** Where in `bytes` the options end: at the payload marker or with the message. */
  readonly optionsEnd: number;
  #options: readonly Option[] | undefined;

  constructor(bytes: Uint8Array, optionsEnd: number) {
    this.bytes = bytes;
    this.type = messageTypeOf((bytes[0]! >> 4) & 0b11);
    this.code = bytes[1]!;
    this.messageId = (bytes[2]! << 8) | bytes[3]!;
    this.tokenLength = bytes[0]! & 0b1111;
    this.optionsEnd = optionsEnd;
  }

  get optionsStart(): number {
    return HEADER_LENGTH + this.tokenLength;
  }

  get token(): Uint8Array {
    return this.tokenLength === 0 ? EMPTY : this.bytes.subarray(HEADER_LENGTH, this.optionsStart);
  }

  get options(): readonly Option[] {
    this.#options ??= readOptions(this.bytes, this.optionsStart, this.optionsEnd);
    return this.#options;
  }

  get payload(): Uint8Array {
    return this.optionsEnd === this.bytes.length ? EMPTY : this.bytes.subarray(this.optionsEnd + 1);
  }
}

/** Where the options of a message begin; 0 for a datagram whose header decodeMessage() refuses before it looks at the code. */
export function optionsStartOf(datagram: Uint8Array): number {
  if (datagram.length < HEADER_LENGTH) return 0;
  const first = datagram[0]!;
  const tokenLength = first & 0b1111;
  return first >> 6 === 1 && tokenLength <= TOKEN_LENGTH_MAX ? HEADER_LENGTH + tokenLength : 0;
}

export function decodeMessage(datagram: Uint8Array): Result<DecodedMessage, MessageFormatError> {
  if (datagram.length < HEADER_LENGTH) return failed({ kind: "headerTruncated", header: undefined });
  const first = datagram[0]!;
  if (first >> 6 !== 1) return failed({ kind: "unknownVersion", header: undefined });
  const tokenLength = first & 0b1111;
  const end =
    headerErrorOf(tokenLength, datagram[1]!, datagram.length) ?? findOptionsEnd(datagram, HEADER_LENGTH + tokenLength);
  if (typeof end === "number") return ok(new DecodedMessage(datagram, end));
  const header = { type: messageTypeOf((first >> 4) & 0b11), messageId: (datagram[2]! << 8) | datagram[3]! };
  return failed({ kind: end, header });
}

function headerErrorOf(tokenLength: number, code: Code, length: number): MessageFormatErrorKind | undefined {
  if (tokenLength > TOKEN_LENGTH_MAX) return "reservedTokenLength";
  if (code === Code.EMPTY) return tokenLength > 0 || length > HEADER_LENGTH ? "emptyWithTrailingBytes" : undefined;
  const codeClass = classOf(code);
  if (codeClass === 1 || codeClass === 6 || codeClass === 7) return "reservedCodeClass";
  return length < HEADER_LENGTH + tokenLength ? "tokenTruncated" : undefined;
}

/** Walks over all options from `start` on; gives back where they end, or what is wrong. Makes nothing. */
function findOptionsEnd(datagram: Uint8Array, start: number): number | MessageFormatErrorKind {
  const { length } = datagram;
  let number = 0;
  let at = start;
  for (let count = 0; at < length; count++) {
    const first = datagram[at]!;
    if (first === PAYLOAD_MARKER) return at + 1 === length ? "payloadMarkerWithoutPayload" : at;
    if (count === OPTION_COUNT_MAX) return "tooManyOptions";
    const deltaNibble = first >> 4;
    const lengthNibble = first & 0b1111;
    if (deltaNibble === 15) return "optionDeltaReserved";
    if (lengthNibble === 15) return "optionLengthReserved";
    const lengthAt = at + 1 + extensionBytes(deltaNibble);
    const valueAt = lengthAt + extensionBytes(lengthNibble);
    if (valueAt > length) return "optionTruncated";
    number += extendedNibble(datagram, at + 1, deltaNibble);
    at = valueAt + extendedNibble(datagram, lengthAt, lengthNibble);
    if (at > length) return "optionTruncated";
    if (number > OPTION_NUMBER_MAX) return "optionNumberTooLarge";
  }
  return at;
}

/** The options between `start` and `end`, which findOptionsEnd() went over. */
function readOptions(bytes: Uint8Array, start: number, end: number): Option[] {
  const options: Option[] = [];
  let number = 0;
  for (let at = start; at < end; at = optionEnd(bytes, at)) {
    number += optionDelta(bytes, at);
    options.push({ number, value: bytes.subarray(optionValueStart(bytes, at), optionEnd(bytes, at)) });
  }
  return options;
}

/** Of the option that begins at `at` in a well-formed message: how much its number is above the last one's. */
export function optionDelta(bytes: Uint8Array, at: number): number {
  return extendedNibble(bytes, at + 1, bytes[at]! >> 4);
}

export function optionValueStart(bytes: Uint8Array, at: number): number {
  return at + 1 + extensionBytes(bytes[at]! >> 4) + extensionBytes(bytes[at]! & 0b1111);
}

/** One past the value's last byte: where the next option begins. */
export function optionEnd(bytes: Uint8Array, at: number): number {
  const lengthAt = at + 1 + extensionBytes(bytes[at]! >> 4);
  const lengthNibble = bytes[at]! & 0b1111;
  return lengthAt + extensionBytes(lengthNibble) + extendedNibble(bytes, lengthAt, lengthNibble);
}

/** RFC 7252 3.1: 13 and 14 announce one or two more bytes. */
function extensionBytes(nibble: number): number {
  return nibble < 13 ? 0 : nibble - 12;
}

function extendedNibble(bytes: Uint8Array, at: number, nibble: number): number {
  if (nibble < 13) return nibble;
  return nibble === 13 ? bytes[at]! + 13 : ((bytes[at]! << 8) | bytes[at + 1]!) + 269;
}

/** Bytes that a message takes on the wire. */
export function messageLength(tokenLength: number, optionsLength: number, payloadLength: number): number {
  const length = HEADER_LENGTH + tokenLength + optionsLength;
  return payloadLength === 0 ? length : length + 1 + payloadLength;
}

/** Bytes of the options `head` and those behind them. */
export function optionsLengthOf(head: EncodedOptions, options: readonly (Option | UintOption)[]): number {
  let length = head.bytes.length;
  let previous = head.lastNumber;
  for (const option of options) {
    const valueLength = "uint" in option ? uintLength(option.uint) : option.value.length;
    length += 1 + extensionLength(option.number - previous) + extensionLength(valueLength) + valueLength;
    previous = option.number;
  }
  return length;
}

function extensionLength(value: number): number {
  if (value < 13) return 0;
  return value < 269 ? 1 : 2;
}

/** One right-sized array that shares no byte with the message. */
export function encodeMessage(message: Message): Uint8Array {
  const { type, code, messageId, token, options, payload } = message;
  assert(token.length <= TOKEN_LENGTH_MAX, "a token has at most 8 bytes");
  const content = contentOf(code, options, payload);
  const bytes = bytesFor(token.length, content);
  write(bytes, type, messageId, token, 0, token.length, content);
  return bytes;
}

/** Ascending by number. */
export function encodeOptions(options: readonly Option[]): EncodedOptions {
  const bytes = new Uint8Array(optionsLengthOf(NO_OPTIONS, options));
  writeOptions(bytes, 0, 0, options);
  return { bytes, lastNumber: options.at(-1)?.number ?? 0 };
}

/** What an answer says beside the header and the token. */
export interface AnswerContent {
  readonly code: Code;
  /** The first options. */
  readonly head: EncodedOptions;
  /** Those behind them, ascending by number. */
  readonly options: readonly (Option | UintOption)[];
  /** Bytes of both, see optionsLengthOf(). */
  readonly optionsLength: number;
  readonly payload: Uint8Array;
}

/** `options`, ascending by number, are all that there are. */
export function contentOf(code: Code, options: readonly (Option | UintOption)[], payload: Uint8Array): AnswerContent {
  return { code, head: NO_OPTIONS, options, optionsLength: optionsLengthOf(NO_OPTIONS, options), payload };
}

/** One right-sized array for the answer to a request, whose token it carries. */
export function encodeAnswer(
  request: DecodedMessage,
  type: MessageType,
  messageId: number,
  content: AnswerContent,
): Uint8Array {
  const bytes = bytesFor(request.tokenLength, content);
  writeAnswer(bytes, request, type, messageId, content);
  return bytes;
}

function bytesFor(tokenLength: number, { optionsLength, payload }: AnswerContent): Uint8Array {
  return new Uint8Array(messageLength(tokenLength, optionsLength, payload.length));
}

/** Writes an answer to `bytes`, which has messageLength(). */
export function writeAnswer(
  bytes: Uint8Array,
  request: DecodedMessage,
  type: MessageType,
  messageId: number,
  content: AnswerContent,
): void {
  write(bytes, type, messageId, request.bytes, HEADER_LENGTH, request.tokenLength, content);
}

function write(
  bytes: Uint8Array,
  type: MessageType,
  messageId: number,
  tokenIn: Uint8Array,
  tokenAt: number,
  tokenLength: number,
  { code, head, options, payload }: AnswerContent,
): void {
  bytes[0] = 0b0100_0000 | (bitsOf(type) << 4) | tokenLength;
  bytes[1] = code;
  bytes[2] = messageId >> 8;
  bytes[3] = messageId;
  for (let i = 0; i < tokenLength; i++) bytes[HEADER_LENGTH + i] = tokenIn[tokenAt + i]!;
  const headAt = HEADER_LENGTH + tokenLength;
  put(bytes, headAt, head.bytes);
  const optionsEnd = writeOptions(bytes, headAt + head.bytes.length, head.lastNumber, options);
  if (payload.length > 0) {
    bytes[optionsEnd] = PAYLOAD_MARKER;
    put(bytes, optionsEnd + 1, payload);
  }
}

/** Writes options behind one with `lastNumber`, and gives back where they end. */
function writeOptions(
  bytes: Uint8Array,
  start: number,
  lastNumber: number,
  options: readonly (Option | UintOption)[],
): number {
  let offset = start;
  let previous = lastNumber;
  for (const option of options) {
    assert(option.number >= previous, "options are encoded in ascending order");
    const delta = option.number - previous;
    offset =
      "uint" in option
        ? putUintOption(bytes, offset, delta, option.uint)
        : putOption(bytes, offset, delta, option.value);
    previous = option.number;
  }
  return offset;
}

/** Writes one option at `start` and gives back the offset behind it. */
function putOption(bytes: Uint8Array, start: number, delta: number, value: Uint8Array): number {
  bytes[start] = (nibbleOf(delta) << 4) | nibbleOf(value.length);
  let offset = putExtension(bytes, start + 1, delta);
  offset = putExtension(bytes, offset, value.length);
  // Values are short: a loop over few bytes is quicker than a call of set().
  for (let i = 0; i < value.length; i++) bytes[offset + i] = value[i]!;
  return offset + value.length;
}

function putUintOption(bytes: Uint8Array, start: number, delta: number, value: number): number {
  const length = uintLength(value);
  bytes[start] = (nibbleOf(delta) << 4) | length;
  const offset = putExtension(bytes, start + 1, delta);
  for (let i = 0; i < length; i++) bytes[offset + i] = value >>> (8 * (length - 1 - i));
  return offset + length;
}

function nibbleOf(value: number): number {
  if (value < 13) return value;
  return value < 269 ? 13 : 14;
}

function putExtension(bytes: Uint8Array, offset: number, value: number): number {
  if (value < 13) return offset;
  if (value < 269) {
    bytes[offset] = value - 13;
    return offset + 1;
  }
  bytes[offset] = (value - 269) >> 8;
  bytes[offset + 1] = value - 269;
  return offset + 2;
}
