// Encodes answers into one array that is used again: a block makes no array of its own. On the way to a socket its bytes are
// copied or sealed before the next answer is made.

import { EMPTY } from "../base/bytes.ts";
import { KEPT_LENGTH_MAX, PrefixViews } from "../base/prefix-views.ts";
import { type AnswerContent, type DecodedMessage, messageLength, writeAnswer } from "./message.ts";
import type { MessageType } from "./message-type.ts";

/** What is longer gets an array of its own. */
const ANSWER_LENGTH_MAX = KEPT_LENGTH_MAX;

export class AnswerEncoder {
  readonly #views = new PrefixViews(new Uint8Array(ANSWER_LENGTH_MAX));
  #last: Uint8Array = EMPTY;

  /** Valid until the next answer is encoded. */
  encode(request: DecodedMessage, type: MessageType, messageId: number, content: AnswerContent): Uint8Array {
    const length = messageLength(request.tokenLength, content.optionsLength, content.payload.length);
    this.#last = length > ANSWER_LENGTH_MAX ? new Uint8Array(length) : this.#views.of(length);
    writeAnswer(this.#last, request, type, messageId, content);
    return this.#last;
  }

  /** The first bytes of the answer that was encoded last. */
  beginning(length: number): Uint8Array {
    return this.#last.length > ANSWER_LENGTH_MAX ? this.#last.subarray(0, length) : this.#views.of(length);
  }
}
