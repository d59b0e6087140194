// Codes of RFC 7252 3 and 12.1, RFC 8132, RFC 8516 and RFC 7959 2.9: three bits of class, five of detail, written c.dd.

/** 0..255; class in the high three bits. */
export type Code = number;

export const Code = {
  EMPTY: 0x00,
  GET: 0x01,
  POST: 0x02,
  PUT: 0x03,
  DELETE: 0x04,
  FETCH: 0x05,
  PATCH: 0x06,
  IPATCH: 0x07,
  CREATED: 0x41,
  DELETED: 0x42,
  VALID: 0x43,
  CHANGED: 0x44,
  CONTENT: 0x45,
  CONTINUE: 0x5f,
  BAD_REQUEST: 0x80,
  UNAUTHORIZED: 0x81,
  BAD_OPTION: 0x82,
  FORBIDDEN: 0x83,
  NOT_FOUND: 0x84,
  METHOD_NOT_ALLOWED: 0x85,
  NOT_ACCEPTABLE: 0x86,
  REQUEST_ENTITY_INCOMPLETE: 0x88,
  PRECONDITION_FAILED: 0x8c,
  REQUEST_ENTITY_TOO_LARGE: 0x8d,
  UNSUPPORTED_CONTENT_FORMAT: 0x8f,
  TOO_MANY_REQUESTS: 0x9d,
  INTERNAL_SERVER_ERROR: 0xa0,
  NOT_IMPLEMENTED: 0xa1,
  SERVICE_UNAVAILABLE: 0xa3,
  GATEWAY_TIMEOUT: 0xa4,
  PROXYING_NOT_SUPPORTED: 0xa5,
} as const;

export function classOf(code: Code): number {
  return code >> 5;
}

/** A request with any method code, known or not; the empty message is none. */
export function isRequest(code: Code): boolean {
  return classOf(code) === 0 && code !== Code.EMPTY;
}

/** RFC 7252 5.8, RFC 8132 2.1: whether a method changes nothing, so that it may be repeated as a new request. */
export function isSafe(code: Code): boolean {
  return code === Code.GET || code === Code.FETCH;
}

/** Whether a method is one of RFC 7252 or RFC 8132. */
export function isKnownMethod(code: Code): boolean {
  return code >= Code.GET && code <= Code.IPATCH;
}

/** RFC 7252 3: "2.05" for 0x45. */
export function formatCode(code: Code): string {
  return `${classOf(code)}.${String(code & 0x1f).padStart(2, "0")}`;
}
