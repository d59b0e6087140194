// Encodes answers into one array that is used again, and through views that are made once for each length: a block makes
// no array of its own. On the way to a socket its bytes are copied or sealed before the next answer is made.

import { type AnswerContent, type DecodedMessage, encodeAnswer, encodedLength, writeAnswer } from "./message.ts";
import type { MessageType } from "./message-type.ts";

/** Longer than a block of 1024 bytes with its options; what is longer still gets an array of its own. */
const LENGTH_MAX = 1_536;

export class AnswerEncoder {
  readonly #bytes = new Uint8Array(LENGTH_MAX);
  /** By length. */
  readonly #views: Uint8Array[] = new Array(LENGTH_MAX + 1);

  /** Valid until the next answer is encoded. */
  encode(request: DecodedMessage, type: MessageType, messageId: number, content: AnswerContent): Uint8Array {
    const length = encodedLength(request.tokenLength, content.options, content.payload.length);
    if (length > LENGTH_MAX) return encodeAnswer(request, type, messageId, content);
    const view = this.#viewOf(length);
    writeAnswer(view, request, type, messageId, content);
    return view;
  }

  #viewOf(length: number): Uint8Array {
    const known = this.#views[length];
    if (known !== undefined) return known;
    const view = this.#bytes.subarray(0, length);
    this.#views[length] = view;
    return view;
  }
}
