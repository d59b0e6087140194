// The Observe option in requests and answers (RFC 7641 2).

import { describingOptions } from "./body.ts";
import { contentOf } from "./message.ts";
import { inOrder, OptionNumber, uintOption } from "./option.ts";
import type { Request } from "./request.ts";
import type { Content } from "./responder.ts";

/** The value in a request that asks for observation. */
export const OBSERVE_REGISTER = 0;

const OBSERVE_LENGTH_MAX = 4;

/** The option that its answer may get has four bytes at most. */
export function withRoomForObserve<Association>(request: Request<Association>): Request<Association> {
  return { ...request, messageLengthMax: request.messageLengthMax - OBSERVE_LENGTH_MAX };
}

/** The same answer with Observe, which stands between the options that are encoded once for a body. */
export function observed(content: Content, observe: number): Content {
  const { code, slice, payload } = content;
  const option = uintOption(OptionNumber.OBSERVE, observe);
  const described = slice === undefined ? [] : describingOptions(slice.body);
  return { ...contentOf(code, inOrder([...described, option, ...content.options]), payload), slice };
}
