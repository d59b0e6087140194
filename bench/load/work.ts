// What the devices of a load ask for, and what is a right answer.

import { equal } from "../../src/base/bytes.ts";
import { blockOption, decodeBlock, szxOf } from "../../src/coap/block.ts";
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

/** Blocks of any images, each as often as it is named. */
export interface NamedBlock {
  readonly path: readonly string[];
  readonly num: number;
  /** Whether an image goes on behind it. */
  readonly more: boolean;
}

export class NamedBlocksWork implements Work {
  readonly #blocks: readonly NamedBlock[];
  readonly #requests: readonly Uint8Array[];
  readonly #szx: number;
  readonly #content: (index: number) => Uint8Array;

  /** `content` makes anew what the block with this index has to hold. */
  constructor(blocks: readonly NamedBlock[], blockSize: number, content: (index: number) => Uint8Array) {
    this.#blocks = blocks;
    this.#szx = szxOf(blockSize);
    this.#requests = blocks.map(({ path, num }) => getRequest(path, num, this.#szx));
    this.#content = content;
  }

  get count(): number {
    return this.#blocks.length;
  }

  request(index: number): Uint8Array {
    return this.#requests[index]!;
  }

  isRight(index: number, answer: Message): boolean {
    return isBlock(answer, this.#blocks[index]!, this.#szx) && equal(answer.payload, this.#content(index));
  }
}

/** An image, block by block. */
export function imageWork(path: readonly string[], image: Uint8Array, blockSize: number): Work {
  const count = Math.ceil(image.length / blockSize);
  const blocks = Array.from({ length: count }, (_, num) => ({ path, num, more: num + 1 < count }));
  return new NamedBlocksWork(blocks, blockSize, (num) => image.subarray(num * blockSize, (num + 1) * blockSize));
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

function isBlock({ code, options }: Message, { num, more }: NamedBlock, szx: number): boolean {
  const option = options.find(({ number }) => number === OptionNumber.BLOCK2);
  const block = option && decodeBlock(option.value);
  return code === Code.CONTENT && block?.num === num && block.more === more && block.szx === szx;
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
