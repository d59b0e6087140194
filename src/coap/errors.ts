// What a peer's bytes may lead to, by name: messages that cannot be read, and requests that are refused.

import { Code } from "./code.ts";
import type { MessageType } from "./message-type.ts";

/** RFC 7252 3 and 4: the ways in which a datagram is no CoAP message. */
export type MessageFormatErrorKind =
  /** 4.1: code 0.00, but a token or bytes behind the header. */
  | "emptyWithTrailingBytes"
  /** 3: fewer than four bytes; silently ignored. */
  | "headerTruncated"
  /** 3.1: option delta nibble 15 outside of the payload marker. */
  | "optionDeltaReserved"
  /** 3.1: option length nibble 15. */
  | "optionLengthReserved"
  /** 12.2: a sum of deltas above 65,535. */
  | "optionNumberTooLarge"
  /** 3.1: the datagram ends inside an option. */
  | "optionTruncated"
  /** 3: a payload marker with nothing behind it. */
  | "payloadMarkerWithoutPayload"
  /** 4.2: code class 1, 6 or 7. */
  | "reservedCodeClass"
  /** 3: token length 9 to 15. */
  | "reservedTokenLength"
  /** 3: the datagram ends inside the token. */
  | "tokenTruncated"
  /** OPTION_COUNT_MAX, a limit of ours. */
  | "tooManyOptions"
  /** 3: not version 1; silently ignored. */
  | "unknownVersion";

export interface MessageFormatError {
  readonly kind: MessageFormatErrorKind;
  /** What the header said; undefined where RFC 7252 3 asks for silence whatever it said. */
  readonly header: { readonly type: MessageType; readonly messageId: number } | undefined;
}

/** Why this core refuses a request before or after its handler is asked. */
export type RefusalName = keyof typeof REFUSALS;

/** The one place that says which code answers which refusal; the text is the diagnostic payload (RFC 7252 5.5.2). */
const REFUSALS = {
  /** RFC 7252 5.4.1: a critical option that is unknown, repeated, of bad length or malformed. */
  badOption: { code: Code.BAD_OPTION, diagnostic: "critical option not recognised" },
  /** RFC 7959 2.3: a Block1 payload that does not fill its block, or overflows it. */
  blockLengthMismatch: { code: Code.BAD_REQUEST, diagnostic: "payload length does not fit Block1" },
  /** RFC 7959 names no code for a NUM behind the body's end; 4.00 is our choice, as of libcoap and aiocoap. */
  blockOutOfRange: { code: Code.BAD_REQUEST, diagnostic: "block out of range" },
  /** RFC 7252 5.9.3.1: the bytes of a body that was offered cannot be had. */
  bodyUnreadable: { code: Code.INTERNAL_SERVER_ERROR, diagnostic: "" },
  /** RFC 9175 2.3: no Echo value, or one that shows nothing. */
  echoWanted: { code: Code.UNAUTHORIZED, diagnostic: "" },
  /** RFC 7252 5.8. */
  methodNotAllowed: { code: Code.METHOD_NOT_ALLOWED, diagnostic: "" },
  /** RFC 7252 5.10.4. */
  notAcceptable: { code: Code.NOT_ACCEPTABLE, diagnostic: "" },
  /** RFC 7252 5.10.8. */
  preconditionFailed: { code: Code.PRECONDITION_FAILED, diagnostic: "" },
  /** RFC 7252 5.10.2. */
  proxyingNotSupported: { code: Code.PROXYING_NOT_SUPPORTED, diagnostic: "" },
  /** RFC 7959 2.9.2. */
  requestEntityIncomplete: { code: Code.REQUEST_ENTITY_INCOMPLETE, diagnostic: "" },
  /** RFC 7959 2.9.3. */
  requestEntityTooLarge: { code: Code.REQUEST_ENTITY_TOO_LARGE, diagnostic: "" },
  /** RFC 7252 5.9.3.4: no answer in time, or no room to wait for one. */
  serviceUnavailable: { code: Code.SERVICE_UNAVAILABLE, diagnostic: "" },
  /** RFC 7959 2.2: SZX 7. */
  reservedBlockSize: { code: Code.BAD_REQUEST, diagnostic: "SZX 7 is reserved" },
} as const;

export function refusalOf(name: RefusalName): { readonly code: Code; readonly diagnostic: string } {
  return REFUSALS[name];
}
