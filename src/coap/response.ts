// What a handler answers with, and what the core answers in its place.

import { EMPTY, toUtf8 } from "../base/bytes.ts";
import type { Body } from "./body.ts";
import type { Code } from "./code.ts";
import { type RefusalName, refusalOf } from "./errors.ts";
import type { Option } from "./option.ts";

/** An answer without a body, or an error. */
export interface PlainResponse {
  readonly code: Code;
  /** A diagnostic (RFC 7252 5.5.2), in short: it is left out when it does not fit the datagram. */
  readonly payload?: Uint8Array;
  /** In any order; the Block and Size options are the core's own. */
  readonly options?: readonly Option[];
}

/** A representation: sliced by Block2 as the request asks, or replaced by 2.03, 4.06 or 4.12 as the request asks. */
export interface BodyResponse {
  readonly body: Body;
  /** 2.05 when absent, which answers a GET or FETCH; other methods answer with 2.01, 2.02 or 2.04. */
  readonly code?: Code;
}

export type Response = PlainResponse | BodyResponse;

/** `options` are those that the error's RFC asks for beside the diagnostic. */
export function responseFor(name: RefusalName, options: readonly Option[] = []): PlainResponse {
  const { code, diagnostic } = refusalOf(name);
  return { code, payload: diagnostic === "" ? EMPTY : toUtf8(diagnostic), options };
}
