// What the resources that take a POST have in common: a small body in CBOR.

import { toUtf8 } from "../base/bytes.ts";
import { failed, type Result } from "../base/result.ts";
import type { CborFault } from "../cbor/cbor-value.ts";
import { ContentFormat } from "../coap/body.ts";
import { Code } from "../coap/code.ts";
import type { Request } from "../coap/request.ts";
import type { PlainResponse } from "../coap/response.ts";
import type { Association } from "./association.ts";

/** What can be said of a POST before its body is there; undefined for one that is welcome. */
export function refusalOfPost({ code, contentFormat }: Request<Association>): PlainResponse | undefined {
  if (code !== Code.POST) return { code: Code.METHOD_NOT_ALLOWED };
  if (contentFormat === undefined || contentFormat === ContentFormat.CBOR) return undefined;
  return { code: Code.UNSUPPORTED_CONTENT_FORMAT };
}

/** The body of a POST as what it says; `lengthMax` in bytes. */
export function postedBy<Value>(
  request: Request<Association>,
  lengthMax: number,
  decode: (bytes: Uint8Array) => Result<Value, CborFault>,
): Result<Value, PlainResponse> {
  const refusal = refusalOfPost(request);
  if (refusal !== undefined) return failed(refusal);
  if (request.payload.length > lengthMax) return failed({ code: Code.REQUEST_ENTITY_TOO_LARGE });
  const decoded = decode(request.payload);
  return decoded.ok ? decoded : failed({ code: Code.BAD_REQUEST, payload: toUtf8(decoded.error.reason) });
}
