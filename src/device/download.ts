// A body fetched by Block2 (RFC 7959 2.4): which block to ask for next, and what an answer means. Any order and any number
// of requests at a time; what arrived is in the slot, and what is not there is asked for. It knows neither sockets nor
// DTLS nor timers; FirmwareDevice joins it with those.

import { EMPTY, equal, latin1Of } from "../base/bytes.ts";
import { type Block, blockOption, blockSizeOf, decodeBlock, NUM_MAX, offsetOf } from "../coap/block.ts";
import { Code, formatCode } from "../coap/code.ts";
import type { Message } from "../coap/message.ts";
import { decodeUint, isRecognised, type Option, OptionNumber, uintOption } from "../coap/option.ts";
import type { BlockSize } from "./block-size.ts";
import type { ImageSlot } from "./image-slot.ts";

/** Times that a body may change under a download before it is given up. */
export const RESTARTS_MAX = 3;

/** Blocks that are asked for before the first answer says how long the body is. */
const BLIND_BLOCKS = 4;

/** RFC 7252 5.9.3.4, RFC 8516 3: the server is busy, and Max-Age says until when. */
const TELLS_WHEN: ReadonlySet<Code> = new Set([Code.SERVICE_UNAVAILABLE, Code.TOO_MANY_REQUESTS]);

/** Errors that say nothing against the request: what failed on the server's side, or behind it, may work again. */
const PASSES: ReadonlySet<Code> = new Set([
  Code.INTERNAL_SERVER_ERROR,
  Code.GATEWAY_TIMEOUT,
  Code.REQUEST_ENTITY_INCOMPLETE,
]);

/** RFC 7252 5.10.5: what an answer without Max-Age means, seconds. */
const MAX_AGE_DEFAULT = 60;

/** A block that was asked for. */
export interface BlockRequest {
  /** Bytes. */
  readonly offset: number;
  readonly szx: number;
  /** Whether the request said so, or left the size to the server. */
  readonly explicit: boolean;
}

type BlockStep =
  /** Bytes that are in the slot now. */
  | { readonly kind: "block"; readonly offset: number; readonly bytes: Uint8Array }
  /** The block was there already, or lies behind the body's end, which was not known when it was asked for. */
  | { readonly kind: "nothing" };

export type DownloadStep =
  | BlockStep
  /**
   * The ETag changed: what came before belongs to another body, and the download begins anew with what came now. Requests
   * that are under way may be answered with either body, and must be forgotten.
   */
  | { readonly kind: "restart"; readonly first: BlockStep }
  /** The server cannot for the moment; it said for how long, or did not. The block is still missing. */
  | { readonly kind: "postponed"; readonly seconds: number | undefined; readonly detail: string }
  | Refusal;

interface Refusal {
  readonly kind: "refused";
  readonly detail: string;
}

export class Download {
  readonly #slot: ImageSlot;
  readonly #blockSize: BlockSize;
  readonly #sayBlockSizeFirst: boolean;
  #frontier = 0;
  #restarts = 0;
  /** Whether the server has said that it has the slot's image; what an earlier run left may be of an older one. */
  #confirmed = false;
  /** The body ends here or before: blocks from here on were refused. */
  #endMax = Number.POSITIVE_INFINITY;

  /** `sayBlockSizeFirst` is early negotiation; without it the first request leaves the size to the server. */
  constructor(slot: ImageSlot, blockSize: BlockSize, sayBlockSizeFirst: boolean) {
    this.#slot = slot;
    this.#blockSize = blockSize;
    this.#sayBlockSizeFirst = sayBlockSizeFirst;
  }

  /** Whether every byte is there of the image that the server has. */
  get isWhole(): boolean {
    return this.#confirmed && this.#slot.isWhole;
  }

  /**
   * The next block that is neither in the slot nor asked for by `requests`, of `szx` where so much is missing; undefined when
   * there is none to ask for now.
   */
  next(requests: readonly BlockRequest[], szx = this.#blockSize.szx): BlockRequest | undefined {
    const first = this.#slot.etag === undefined && requests.length === 0 && this.#frontier === 0;
    if (first && !this.#sayBlockSizeFirst) return { offset: 0, szx: this.#blockSize.szx, explicit: false };
    if (requests.some(({ explicit }) => !explicit)) return undefined;
    if (this.#validates)
      return requests.length > 0 ? undefined : { offset: 0, szx: this.#blockSize.szx, explicit: true };
    // A server that makes an ETag anew for each block 0 voids by it what is asked for beside it: that block comes first then.
    if (this.#restarts > 0 && requests.length > 0 && !this.#slot.held.covers(0, 1)) return undefined;
    const found = this.#missing(this.#frontier, requests, szx) ?? this.#missing(0, requests, szx);
    if (found !== undefined) this.#frontier = found.offset + blockSizeOf(found.szx);
    return found;
  }

  /** The options of a request for this block, beside the path. */
  optionsFor(request: BlockRequest): Option[] {
    const { offset, szx, explicit } = request;
    if (!explicit) return [];
    const options = [blockOption(OptionNumber.BLOCK2, { num: offset / blockSizeOf(szx), more: false, szx })];
    // RFC 7959 4: zero asks for the size.
    if (this.#slot.expectedLength === undefined) options.push(uintOption(OptionNumber.SIZE2, 0));
    if (this.#validates) options.push({ number: OptionNumber.ETAG, value: this.#slot.etag! });
    return options;
  }

  /** RFC 7252 5.10.6.2: a slot that an earlier run made whole needs a word of the server, and no block. */
  get #validates(): boolean {
    return !this.#confirmed && this.#slot.isWhole;
  }

  /** A request was given up: its block is missing again. */
  giveUp(request: BlockRequest): void {
    this.#frontier = Math.min(this.#frontier, request.offset);
  }

  handleResponse(request: BlockRequest, message: Message): DownloadStep {
    if (message.code === Code.VALID && this.#validates) {
      this.#confirmed = true;
      return { kind: "nothing" };
    }
    if (message.code !== Code.CONTENT) return this.#handleError(request, message);
    const option = optionValue(message, OptionNumber.BLOCK2);
    // Without Block2 the payload is the whole body.
    const block = option === undefined ? { num: 0, more: false, szx: request.szx } : decodeBlock(option);
    if ((request.explicit && block.szx > request.szx) || offsetOf(block) !== request.offset) {
      return refused("the server sent a block that was not asked for");
    }
    const size = blockSizeOf(block.szx);
    const { length } = message.payload;
    if (block.more && length !== size) return refused("the server sent a block that is not full");
    if (option !== undefined && length > size) return refused("the server sent a block that is longer than its size");
    const etag = optionValue(message, OptionNumber.ETAG);
    if (this.#slot.etag === undefined) this.#slot.begin(etag ?? EMPTY);
    else if (this.#isOther(this.#slot.etag, etag)) return this.#restart(etag ?? EMPTY, request, message, block);
    this.#confirmed = true;
    return this.#take(request, message, block);
  }

  /**
   * Whether the answer is of another body than the slot's. An absent ETag says nothing: some servers give it with the first
   * block alone. But what an earlier run has left needs somebody to say that it is still the same.
   */
  #isOther(known: Uint8Array, etag: Uint8Array | undefined): boolean {
    return etag === undefined ? !this.#confirmed : !equal(known, etag);
  }

  /** A block of the slot's body. */
  #take(request: BlockRequest, message: Message, block: Block): BlockStep | Refusal {
    const size = blockSizeOf(block.szx);
    const { length } = message.payload;
    if (length === 0 && this.#isBehindEnd(request)) return this.#learnEndMax(request);
    const lengthFault = this.#learnLength(request, message, block.more);
    if (lengthFault !== undefined) return refused(lengthFault);
    if (block.szx < request.szx) this.#blockSize.limitTo(block.szx);
    const needed = Math.max(this.#slot.expectedLength ?? 0, request.offset + length + (block.more ? 1 : 0));
    if (!this.#blockSize.reach(needed)) return refused(`the image has too many blocks of ${size} bytes`);
    // The server shrank the block: the rest of what was asked for is still missing.
    if (block.szx < request.szx) this.giveUp({ ...request, offset: request.offset + length });
    const bytes = Uint8Array.from(message.payload);
    if (this.#slot.held.covers(request.offset, request.offset + length)) return { kind: "nothing" };
    this.#slot.write(request.offset, bytes);
    return { kind: "block", offset: request.offset, bytes };
  }

  #missing(from: number, requests: readonly BlockRequest[], szx: number): BlockRequest | undefined {
    const size = blockSizeOf(szx);
    const end = Math.min(this.#askedEnd(requests), this.#endMax, (NUM_MAX + 1) * size);
    for (const gap of this.#slot.held.gaps(from, end)) {
      for (let offset = Math.floor(gap.start / size) * size; offset < gap.end; offset += size) {
        const taken = requests.some(
          (other) => offset < other.offset + blockSizeOf(other.szx) && other.offset < offset + size,
        );
        if (!taken) return this.#trimmed({ offset, szx, explicit: true });
      }
    }
    return undefined;
  }

  /** Up to where it makes sense to ask. */
  #askedEnd(requests: readonly BlockRequest[]): number {
    const { etag, length, expectedLength, held, lengthMax } = this.#slot;
    if (length !== undefined) return length;
    if (etag === undefined) return BLIND_BLOCKS * blockSizeOf(this.#blockSize.szx);
    // RFC 7959 4: Size2 is an estimate. Where all of it is there and the end is not, the body goes on behind it.
    const isUsedUp = expectedLength === undefined || (requests.length === 0 && held.covers(0, expectedLength));
    return isUsedUp ? lengthMax : expectedLength;
  }

  /** Half of the block, and half of that, as long as all that is missing of it lies there. */
  #trimmed(request: BlockRequest): BlockRequest {
    const { offset, szx } = request;
    const [end, half] = [offset + blockSizeOf(szx), offset + blockSizeOf(szx) / 2];
    if (szx === 0) return request;
    if (this.#slot.held.covers(offset, half)) return this.#trimmed({ ...request, offset: half, szx: szx - 1 });
    return this.#slot.held.covers(half, end) ? this.#trimmed({ ...request, szx: szx - 1 }) : request;
  }

  #handleError(request: BlockRequest, message: Message): DownloadStep {
    // RFC 7959 names no code for a block that does not exist; these are what servers send.
    const tellsEnd = message.code === Code.BAD_REQUEST || message.code === Code.BAD_OPTION;
    if (tellsEnd && this.#isBehindEnd(request)) return this.#learnEndMax(request);
    const detail = refusalText(message);
    if (TELLS_WHEN.has(message.code)) return { kind: "postponed", seconds: maxAgeOf(message), detail };
    return PASSES.has(message.code) ? { kind: "postponed", seconds: undefined, detail } : refused(detail);
  }

  /** Whether the block may lie behind the body's end: it was asked for before anything told where that is. */
  #isBehindEnd({ offset }: BlockRequest): boolean {
    const { length, held } = this.#slot;
    return length === undefined ? offset > 0 && !held.covers(offset - 1, offset) : offset >= length;
  }

  #learnEndMax({ offset }: BlockRequest): BlockStep {
    this.#endMax = Math.min(this.#endMax, offset);
    return { kind: "nothing" };
  }

  /** What the block says of the image's length; gives back what is wrong with it. */
  #learnLength(request: BlockRequest, message: Message, more: boolean): string | undefined {
    const end = request.offset + message.payload.length;
    return more ? this.#learnMore(end, message) : this.#learnEnd(end);
  }

  /** The image goes on at `end`. */
  #learnMore(end: number, message: Message): string | undefined {
    const { length, lengthMax, expectedLength } = this.#slot;
    const size2 = optionValue(message, OptionNumber.SIZE2);
    const told = size2 === undefined ? expectedLength : decodeUint(size2);
    if (told !== undefined && told > lengthMax) return tooLong(told, lengthMax);
    // A body that goes on where it must not would be waited for without end.
    if (end >= Math.min(length ?? lengthMax, this.#endMax)) return "the server sent a block behind the image's end";
    // RFC 7959 4: an estimate, and a wrong one where there is more.
    this.#slot.setToldLength(told !== undefined && told <= end ? undefined : told);
    return undefined;
  }

  /** The image ends at `end`. */
  #learnEnd(end: number): string | undefined {
    const { length = end, lengthMax, held } = this.#slot;
    const isChanged = length !== end || (held.ranges.at(-1)?.end ?? 0) > end;
    if (isChanged) return "the image's length changed and its ETag did not";
    if (end > lengthMax) return tooLong(end, lengthMax);
    if (end > this.#endMax) return "the server refused a block of the image";
    this.#slot.setLength(end);
    return undefined;
  }

  #restart(etag: Uint8Array, request: BlockRequest, message: Message, block: Block): DownloadStep {
    this.#restarts++;
    if (this.#restarts > RESTARTS_MAX) return refused("the image keeps changing");
    this.#slot.begin(etag);
    this.#confirmed = true;
    this.#frontier = 0;
    this.#endMax = Number.POSITIVE_INFINITY;
    const first = this.#take(request, message, block);
    return first.kind === "refused" ? first : { kind: "restart", first };
  }
}

function refused(detail: string): Refusal {
  return { kind: "refused", detail };
}

function tooLong(length: number, lengthMax: number): string {
  return `the image has ${length} bytes, and the slot takes ${lengthMax}`;
}

function optionValue(message: Message, number: number): Uint8Array | undefined {
  const index = message.options.findIndex((option) => option.number === number);
  // RFC 7252 5.4.3: an option of a wrong length is one that is not there.
  return index >= 0 && isRecognised(message.options, index) ? message.options[index]!.value : undefined;
}

/** Seconds. */
function maxAgeOf(message: Message): number {
  const value = optionValue(message, OptionNumber.MAX_AGE);
  return value === undefined ? MAX_AGE_DEFAULT : decodeUint(value);
}

/** RFC 7252 5.5.2: the diagnostic payload of an error is for people. */
function refusalText(message: Message): string {
  const diagnostic = latin1Of(message.payload.subarray(0, 100)).replace(/[^\x20-\x7e]/g, "?");
  return formatCode(message.code) + (diagnostic === "" ? "" : ` (${diagnostic})`);
}
