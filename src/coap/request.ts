// A request as its handler sees it: the options of a message read once, and refused where RFC 7252 5.4 asks for it.

import { fromUtf8 } from "../base/bytes.ts";
import type { Instant } from "../base/instant.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { type Block, decodeBlock, SZX_RESERVED } from "./block.ts";
import { type Code, isKnownMethod } from "./code.ts";
import type { RefusalName } from "./errors.ts";
import type { DecodedMessage, Message } from "./message.ts";
import { decodeUint, isCacheKey, isCritical, isRecognised, OptionNumber } from "./option.ts";
import type { Question } from "./question.ts";
import type { PlainResponse, Response } from "./response.ts";

/** What the options of a request say, read once. */
export interface RequestOptions {
  /** Uri-Path, one string for each segment. */
  readonly path: readonly string[];
  /** Uri-Query, one string for each option. */
  readonly queries: readonly string[];
  readonly accept: number | undefined;
  readonly contentFormat: number | undefined;
  /** RFC 7252 5.10.6.2: the representations that the client has. */
  readonly etags: readonly Uint8Array[];
  /** RFC 7252 5.10.8.1; the empty value asks only that the resource exists. */
  readonly ifMatches: readonly Uint8Array[];
  readonly ifNoneMatch: boolean;
  /** RFC 7641 2: 0 to observe, 1 to observe no longer. */
  readonly observe: number | undefined;
  readonly block1: Block | undefined;
  readonly block2: Block | undefined;
  readonly size1: number | undefined;
  /** RFC 7959 4: the client asks how long the body of the answer is. */
  readonly size2Asked: boolean;
}

export interface Request<Association> extends RequestOptions {
  /** Whose request: a security association, or an address for plain UDP. */
  readonly association: Association;
  /** As received; with Block1, the message of the last block. */
  readonly message: DecodedMessage;
  /** The method. */
  readonly code: Code;
  /** Bytes of the token, which the answer carries again. */
  readonly tokenLength: number;
  /** The payload; with Block1, the whole body. */
  readonly payload: Uint8Array;
  /** The longest message that may answer, in bytes. */
  readonly messageLengthMax: number;
}

/**
 * A request is valid for as long as its handler keeps it: it shares no memory with a datagram buffer. Only the GETs of a
 * handler that answers at once are valid until it returns.
 */
export interface RequestHandler<Association> {
  /** That it never answers a GET with undefined, and keeps nothing of one. */
  readonly answersAtOnce?: boolean;
  /**
   * Asked at the first block of a Block1 transfer, before anything is gathered: the length of the longest body that
   * this request may have, or a refusal (4.04, 4.05, 4.15 and the like).
   */
  admit(request: Request<Association>): PlainResponse | number;
  /**
   * RFC 7641: the name of the resource that a GET with Observe would observe, whose changes CoapServer.changed() tells;
   * undefined for one that cannot be observed. A resource that can is answered at once.
   */
  observed?(request: Request<Association>): string | undefined;
  /**
   * The answer; a question when something is to be had first, and then the same request is handled again once
   * CoapServer.resume() says that it is there; undefined when the answer follows by CoapServer.respond().
   */
  handle(now: Instant, request: Request<Association>): Response | Question | undefined;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Reads a message whose code is a method; it keeps views of the message. */
export function readRequest<Association>(
  association: Association,
  message: DecodedMessage,
  messageLengthMax: number,
): Result<Request<Association>, RefusalName> {
  const read = readRequestOptions(message);
  if (!read.ok) return read;
  return ok(requestOf(association, message, read.value, read.value.block2, messageLengthMax));
}

/** A request out of what was read; each field by name, which is several times as fast as a spread. */
export function requestOf<Association>(
  association: Association,
  message: DecodedMessage,
  options: RequestOptions,
  block2: Block | undefined,
  messageLengthMax: number,
): Request<Association> {
  return {
    association,
    message,
    code: message.code,
    path: options.path,
    queries: options.queries,
    accept: options.accept,
    contentFormat: options.contentFormat,
    etags: options.etags,
    ifMatches: options.ifMatches,
    ifNoneMatch: options.ifNoneMatch,
    observe: options.observe,
    block1: options.block1,
    block2,
    size1: options.size1,
    size2Asked: options.size2Asked,
    tokenLength: message.tokenLength,
    payload: message.payload,
    messageLengthMax,
  };
}

/** The options of a message whose code is a method; etags and ifMatches are views of the message. */
export function readRequestOptions(message: Message): Result<RequestOptions, RefusalName> {
  if (!isKnownMethod(message.code)) return failed("methodNotAllowed");
  const path: string[] = [];
  const queries: string[] = [];
  const etags: Uint8Array[] = [];
  const ifMatches: Uint8Array[] = [];
  const request: Mutable<RequestOptions> = {
    path,
    queries,
    accept: undefined,
    contentFormat: undefined,
    etags,
    ifMatches,
    ifNoneMatch: false,
    observe: undefined,
    block1: undefined,
    block2: undefined,
    size1: undefined,
    size2Asked: false,
  };
  let proxied = false;
  for (let index = 0; index < message.options.length; index++) {
    const { number, value } = message.options[index]!;
    if (!isRecognised(message.options, index)) {
      if (isCritical(number)) return failed("badOption");
      continue;
    }
    switch (number) {
      case OptionNumber.URI_PATH:
      case OptionNumber.URI_QUERY: {
        const text = fromUtf8(value);
        if (text === undefined) return failed("badOption");
        (number === OptionNumber.URI_PATH ? path : queries).push(text);
        break;
      }
      case OptionNumber.ETAG:
        etags.push(value);
        break;
      case OptionNumber.IF_MATCH:
        ifMatches.push(value);
        break;
      case OptionNumber.PROXY_URI:
      case OptionNumber.PROXY_SCHEME:
        proxied = true;
        break;
      default:
        readSingleOption(request, number, value);
    }
  }
  if (proxied) return failed("proxyingNotSupported");
  if (request.block1?.szx === SZX_RESERVED || request.block2?.szx === SZX_RESERVED) return failed("reservedBlockSize");
  return ok(request);
}

/** Options that say nothing to a server without proxy (Uri-Host, Uri-Port, No-Response and so on) pass. */
function readSingleOption(request: Mutable<RequestOptions>, number: number, value: Uint8Array): void {
  switch (number) {
    case OptionNumber.ACCEPT:
      request.accept = decodeUint(value);
      break;
    case OptionNumber.CONTENT_FORMAT:
      request.contentFormat = decodeUint(value);
      break;
    case OptionNumber.IF_NONE_MATCH:
      request.ifNoneMatch = true;
      break;
    case OptionNumber.OBSERVE:
      request.observe = decodeUint(value);
      break;
    case OptionNumber.BLOCK1:
      request.block1 = decodeBlock(value);
      break;
    case OptionNumber.BLOCK2:
      request.block2 = decodeBlock(value);
      break;
    case OptionNumber.SIZE1:
      request.size1 = decodeUint(value);
      break;
    case OptionNumber.SIZE2:
      request.size2Asked = true;
      break;
  }
}

/**
 * RFC 7959 2.4, 2.5 and RFC 9175 3.3: what the requests for all blocks of one body have in common: the method and every
 * option of the cache key but `leftOut`. Request-Tags are in it, so that an absent one differs from an empty one.
 * The token is not: clients use a fresh one for each block (RFC 9175 4).
 */
export function bodyKeyOf(message: Message, leftOut: readonly number[]): string {
  let key = String.fromCharCode(message.code);
  for (const { number, value } of message.options) {
    if (!isCacheKey(number) || leftOut.includes(number)) continue;
    key += String.fromCharCode(number, value.length);
    for (const byte of value) key += String.fromCharCode(byte);
  }
  return key;
}
