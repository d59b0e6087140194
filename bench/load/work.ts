// What the devices of a load ask for, and what is a right answer.

import { equal } from "../../src/base/bytes.ts";
import { blockOption, blockSizeOf, decodeBlock, szxOf } from "../../src/coap/block.ts";
import { Code } from "../../src/coap/code.ts";
import { encodeMessage, type Message } from "../../src/coap/message.ts";
import { OptionNumber, stringOption } from "../../src/coap/option.ts";

/** Every request has one, to be filled in with its number. */
export const TOKEN_LENGTH = 4;

export interface Work {
  /** How many requests there are to be asked again and again. */
  readonly count: number;
  /** The encoded message, message ID and token all zeros. */
  request(index: number): Uint8Array;
  /** Compares all of the answer but message ID and token. */
  isRight(index: number, answer: Message): boolean;
}

/** `request` with its message ID and token filled in, in place: valid until the next one is asked for. */
export function numbered(request: Uint8Array, counter: number): Uint8Array {
  request[2] = request[6] = counter >> 8;
  request[3] = request[7] = counter;
  request[4] = counter >> 24;
  request[5] = counter >> 16;
  return request;
}

/** An image, block by block. */
export class BlockWork implements Work {
  readonly #image: Uint8Array;
  readonly #szx: number;
  readonly #requests: readonly Uint8Array[];

  constructor(path: readonly string[], image: Uint8Array, blockSize: number) {
    this.#image = image;
    this.#szx = szxOf(blockSize);
    const count = Math.ceil(image.length / blockSize);
    this.#requests = Array.from({ length: count }, (_, num) => getRequest(path, num, this.#szx));
  }

  get count(): number {
    return this.#requests.length;
  }

  request(index: number): Uint8Array {
    return this.#requests[index]!;
  }

  isRight(index: number, { code, options, payload }: Message): boolean {
    if (code !== Code.CONTENT) return false;
    const option = options.find(({ number }) => number === OptionNumber.BLOCK2);
    const block = option && decodeBlock(option.value);
    const more = index + 1 < this.count;
    if (block === undefined || block.num !== index || block.szx !== this.#szx || block.more !== more) return false;
    const offset = index * blockSizeOf(this.#szx);
    return equal(payload, this.#image.subarray(offset, offset + blockSizeOf(this.#szx)));
  }
}

/** The first block of an image, sent to a program that answers anything with `length` bytes of filler. */
export class EchoWork implements Work {
  readonly count = 1;
  readonly #request: Uint8Array;

  constructor(blockSize: number) {
    this.#request = getRequest(["fw", "bench", "1"], 0, szxOf(blockSize));
  }

  request(): Uint8Array {
    return this.#request;
  }

  isRight(_index: number, { code }: Message): boolean {
    return code === Code.CONTENT;
  }
}

function getRequest(path: readonly string[], num: number, szx: number): Uint8Array {
  return encodeMessage({
    type: "CON",
    code: Code.GET,
    messageId: 0,
    token: new Uint8Array(TOKEN_LENGTH),
    options: [
      ...path.map((segment) => stringOption(OptionNumber.URI_PATH, segment)),
      blockOption(OptionNumber.BLOCK2, { num, more: false, szx }),
    ],
    payload: new Uint8Array(0),
  });
}
