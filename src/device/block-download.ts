// A body fetched block by block (RFC 7959 2.4), one request after the other: what to ask next, and what an answer means.
// It knows neither sockets nor DTLS nor retransmission; FirmwareDevice joins it with those.

import { copyOf, EMPTY, equal } from "../base/bytes.ts";
import { blockOption, blockSizeOf, decodeBlock, NUM_MAX, offsetOf } from "../coap/block.ts";
import { Code, formatCode } from "../coap/code.ts";
import type { Message } from "../coap/message.ts";
import { decodeUint, type Option, OptionNumber, uintOption } from "../coap/option.ts";

/** Times that a body may change under a download before it is given up. */
export const RESTARTS_MAX = 3;

export type DownloadStep =
  /** Bytes in their place; ask for more. `total` is what Size2 said, once it did. */
  | { readonly kind: "block"; readonly offset: number; readonly bytes: Uint8Array; readonly total: number | undefined }
  /** The last bytes. */
  | { readonly kind: "last"; readonly offset: number; readonly bytes: Uint8Array; readonly total: number }
  /** The ETag changed: what came before belongs to another body, and the download begins anew. */
  | { readonly kind: "restart" }
  | { readonly kind: "refused"; readonly detail: string };

export class BlockDownload {
  #szx: number;
  #offset = 0;
  #total: number | undefined;
  #etag: Uint8Array | undefined;
  #restarts = 0;

  /** `szx` of the blocks to ask for; the server may make them smaller. */
  constructor(szx: number) {
    this.#szx = szx;
  }

  /** The options of the next request, beside the path. */
  nextOptions(): Option[] {
    const num = this.#offset / blockSizeOf(this.#szx);
    const options = [blockOption(OptionNumber.BLOCK2, { num, more: false, szx: this.#szx })];
    // RFC 7959 4: zero asks for the size.
    if (this.#offset === 0) options.push(uintOption(OptionNumber.SIZE2, 0));
    return options;
  }

  handleResponse(message: Message): DownloadStep {
    if (message.code !== Code.CONTENT) return refused(refusalText(message));
    const option = optionValue(message, OptionNumber.BLOCK2);
    // Without Block2 the payload is the whole body.
    const block = option === undefined ? { num: 0, more: false, szx: this.#szx } : decodeBlock(option);
    if (block.szx > this.#szx || offsetOf(block) !== this.#offset) {
      return refused("the server sent a block that was not asked for");
    }
    const size = blockSizeOf(block.szx);
    const { length } = message.payload;
    if (block.more && length !== size) return refused("the server sent a block that is not full");
    if (option !== undefined && length > size) return refused("the server sent a block that is longer than its size");
    if (block.more && block.num === NUM_MAX) return refused(`the image has too many blocks of ${size} bytes`);
    const etag = optionValue(message, OptionNumber.ETAG) ?? EMPTY;
    if (this.#etag !== undefined && !equal(this.#etag, etag)) return this.#restart();
    this.#etag = copyOf(etag);
    this.#szx = block.szx;
    const size2 = optionValue(message, OptionNumber.SIZE2);
    if (size2 !== undefined) this.#total = decodeUint(size2);
    const [offset, bytes] = [this.#offset, copyOf(message.payload)];
    this.#offset += bytes.length;
    if (block.more) return { kind: "block", offset, bytes, total: this.#total };
    return { kind: "last", offset, bytes, total: this.#offset };
  }

  #restart(): DownloadStep {
    this.#restarts++;
    if (this.#restarts > RESTARTS_MAX) return refused("the image keeps changing");
    this.#offset = 0;
    this.#total = undefined;
    this.#etag = undefined;
    return { kind: "restart" };
  }
}

function refused(detail: string): DownloadStep {
  return { kind: "refused", detail };
}

function optionValue(message: Message, number: number): Uint8Array | undefined {
  return message.options.find((option) => option.number === number)?.value;
}

/** RFC 7252 5.5.2: the diagnostic payload of an error is for people. */
function refusalText(message: Message): string {
  const diagnostic = Buffer.from(message.payload.subarray(0, 100))
    .toString("utf8")
    .replace(/[^\x20-\x7e]/g, "?");
  return formatCode(message.code) + (diagnostic === "" ? "" : ` (${diagnostic})`);
}
