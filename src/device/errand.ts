// One request of a device beside its downloads, such as a check-in or a report, with an answer that fits into memory. Where
// the answer comes in blocks it is gathered here, one after the other (RFC 7959 2.4, 3.3).

import { concat, copyOf, EMPTY } from "../base/bytes.ts";
import { blockOption, blockSizeOf, decodeBlock } from "../coap/block.ts";
import type { OutgoingRequest } from "../coap/coap-client.ts";
import type { Code } from "../coap/code.ts";
import type { Message } from "../coap/message.ts";
import { isRecognised, type Option, OptionNumber } from "../coap/option.ts";

/** Bytes of the longest answer that is taken. */
export const ERRAND_ANSWER_LENGTH_MAX = 4_096;

export interface ErrandRequest {
  /** The method; one that changes something happens once, however often it is sent again over one association. */
  readonly code: Code;
  readonly path: readonly string[];
  readonly queries?: readonly string[];
  readonly options?: readonly Option[];
  readonly payload?: Uint8Array;
}

export type ErrandStep =
  | { readonly kind: "answered"; readonly code: Code; readonly payload: Uint8Array }
  | { readonly kind: "refused"; readonly detail: string }
  /** There is a next block to ask for. */
  | { readonly kind: "more" };

export class Errand {
  readonly #request: ErrandRequest;
  #body: Uint8Array = EMPTY;
  #szx: number | undefined;

  constructor(request: ErrandRequest) {
    this.#request = request;
  }

  /** The association is another one, which knows nothing of what was asked for before. */
  beginAnew(): void {
    this.#body = EMPTY;
    this.#szx = undefined;
  }

  /** What to ask for now. `hostOptions` go with each request. */
  next(hostOptions: readonly Option[]): OutgoingRequest {
    const { code, path, queries = [], options = [], payload = EMPTY } = this.#request;
    if (this.#szx === undefined) return { code, path, queries, options: [...hostOptions, ...options], payload };
    // A request for a further block repeats neither body nor what describes it.
    const block = { num: this.#body.length / blockSizeOf(this.#szx), more: false, szx: this.#szx };
    return { code, path, queries, options: [...hostOptions, blockOption(OptionNumber.BLOCK2, block)] };
  }

  handleResponse(message: Message): ErrandStep {
    const index = message.options.findIndex(({ number }) => number === OptionNumber.BLOCK2);
    const option = index >= 0 && isRecognised(message.options, index) ? message.options[index]! : undefined;
    const block = option === undefined ? { num: 0, more: false, szx: 0 } : decodeBlock(option.value);
    const { code, payload } = message;
    const offset = block.num * blockSizeOf(block.szx);
    const isFull = !block.more || payload.length === blockSizeOf(block.szx);
    if (offset !== this.#body.length || !isFull) return { kind: "refused", detail: "a block that was not asked for" };
    if (offset + payload.length > ERRAND_ANSWER_LENGTH_MAX) {
      return { kind: "refused", detail: `an answer of more than ${ERRAND_ANSWER_LENGTH_MAX} bytes` };
    }
    this.#body = concat(this.#body, payload);
    if (!block.more) return { kind: "answered", code, payload: copyOf(this.#body) };
    this.#szx = block.szx;
    return { kind: "more" };
  }
}
