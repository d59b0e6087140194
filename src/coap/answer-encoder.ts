// Encodes answers into one array that is used again: a block makes no array of its own. On the way to a socket its bytes are
// copied or sealed before the next answer is made.

import { KEPT_LENGTH_MAX, PrefixViews } from "../base/prefix-views.ts";
import { type AnswerContent, type DecodedMessage, encodeAnswer, encodedLength, writeAnswer } from "./message.ts";
import type { MessageType } from "./message-type.ts";

/** What is longer gets an array of its own. */
const LENGTH_MAX = KEPT_LENGTH_MAX;

export class AnswerEncoder {
  readonly #views = new PrefixViews(new Uint8Array(LENGTH_MAX));

  /** Valid until the next answer is encoded. */
  encode(request: DecodedMessage, type: MessageType, messageId: number, content: AnswerContent): Uint8Array {
    const length = encodedLength(request.tokenLength, content.options, content.payload.length);
    if (length > LENGTH_MAX) return encodeAnswer(request, type, messageId, content);
    const view = this.#views.of(length);
    writeAnswer(view, request, type, messageId, content);
    return view;
  }
}
