// Gathering the body of a request from its blocks (RFC 7959 2.5), in order of their bytes and within limits.

import { EMPTY } from "../base/bytes.ts";
import type { Deadlined } from "../base/deadlined.ts";
import type { Instant } from "../base/instant.ts";
import { AssociationTable } from "./association-table.ts";
import { type Block, blockOption, blockSizeOf, offsetOf } from "./block.ts";
import type { RefusalName } from "./errors.ts";
import type { Message } from "./message.ts";
import { type Option, OptionNumber, uintOption } from "./option.ts";
import { ENTRY_OVERHEAD_LENGTH, EXCHANGE_LIFETIME_MS } from "./parameters.ts";
import { bodyKeyOf, type Request, type RequestHandler } from "./request.ts";
import type { PlainResponse } from "./response.ts";

interface GatheredBody {
  readonly lengthMax: number;
  /** What was gathered lies in its first `length` bytes. */
  readonly buffer: Uint8Array;
  readonly length: number;
}

export type Gathering =
  /** 2.31 with this Block1 option: more is to come. */
  | { readonly kind: "continue"; readonly acknowledgement: Option }
  /** This core refuses the block; `options` belong to its answer. */
  | { readonly kind: "refused"; readonly refusal: RefusalName; readonly options: readonly Option[] }
  /** The handler does not admit the request. */
  | { readonly kind: "rejected"; readonly response: PlainResponse }
  | { readonly kind: "whole"; readonly body: Uint8Array };

export interface BodyGathererLimits {
  /** Bodies of one association. */
  readonly countMax: number;
  /** Bytes over all associations. */
  readonly lengthMax: number;
}

const BLOCK_OPTIONS = [OptionNumber.BLOCK1, OptionNumber.BLOCK2];

export class BodyGatherer<Association> implements Deadlined {
  readonly #limits: BodyGathererLimits;
  /** Keyed by what the blocks' requests have in common; Content-Format too, so that unlike blocks never meet (2.3). */
  readonly #bodies: AssociationTable<Association, string, GatheredBody>;

  constructor(limits: BodyGathererLimits) {
    this.#limits = limits;
    this.#bodies = new AssociationTable({ ...limits, lifetimeMs: EXCHANGE_LIFETIME_MS });
  }

  /** Bytes, overhead included. */
  get length(): number {
    return this.#bodies.length;
  }

  /** Takes the block of `request`, whose answers are to ask for blocks of at most `szxMax`. */
  handleBlock(
    now: Instant,
    handler: RequestHandler<Association>,
    request: Request<Association>,
    block: Block,
    szxMax: number,
  ): Gathering {
    const { association, payload } = request;
    const key = bodyKeyOf(request.message, BLOCK_OPTIONS);
    const known = block.num === 0 ? this.#begin(handler, request) : this.#bodies.find(now, association, key);
    if (known === undefined) return refused("requestEntityIncomplete");
    if ("kind" in known) return known;
    const size = blockSizeOf(block.szx);
    if (block.more ? payload.length !== size : payload.length > size) return refused("blockLengthMismatch");
    const offset = offsetOf(block);
    if (offset > known.length) return refused("requestEntityIncomplete");
    const end = offset + payload.length;
    if (end > known.lengthMax || (request.size1 ?? 0) > known.lengthMax) {
      this.#bodies.delete(association, key);
      return refused("requestEntityTooLarge", [uintOption(OptionNumber.SIZE1, known.lengthMax)]);
    }
    // A block that came before takes its old place and undoes nothing: it was delayed, or its 2.31 was lost.
    const buffer = grown(known, end);
    buffer.set(payload, offset);
    if (!block.more) {
      this.#bodies.delete(association, key);
      return { kind: "whole", body: buffer.subarray(0, end) };
    }
    const length = Math.max(end, known.length);
    this.#bodies.set(
      now,
      association,
      key,
      { lengthMax: known.lengthMax, buffer, length },
      2 * key.length + buffer.length,
    );
    return { kind: "continue", acknowledgement: acknowledgementOf(block, szxMax) };
  }

  forget(association: Association): void {
    this.#bodies.forget(association);
  }

  handleTimeout(now: Instant): void {
    this.#bodies.handleTimeout(now);
  }

  pollTimeout(): Instant | undefined {
    return this.#bodies.pollTimeout();
  }

  /** RFC 7959 2.5: NUM 0 always begins anew, whatever was gathered before. */
  #begin(handler: RequestHandler<Association>, request: Request<Association>): GatheredBody | Gathering {
    const admitted = handler.admit(request);
    if (typeof admitted !== "number") return { kind: "rejected", response: admitted };
    const lengthMax = Math.min(admitted, this.#limits.lengthMax - ENTRY_OVERHEAD_LENGTH);
    return { lengthMax, buffer: EMPTY, length: 0 };
  }
}

/** The Block1 option that answers `block`: the same NUM and M, and a smaller size where one is wanted (2.3). */
function acknowledgementOf(block: Block, szxMax: number): Option {
  return blockOption(OptionNumber.BLOCK1, { ...block, szx: Math.min(block.szx, szxMax) });
}

/** The key under which the answer to `message` is fetched by Block2: a follow-up has no request body of its own. */
export function answerKeyOf(message: Message): string {
  return bodyKeyOf(message, [...BLOCK_OPTIONS, OptionNumber.CONTENT_FORMAT]);
}

function refused(refusal: RefusalName, options: readonly Option[] = []): Gathering {
  return { kind: "refused", refusal, options };
}

/** A buffer for `length` bytes that begins with what was gathered, doubled so that growing stays cheap. */
function grown(body: GatheredBody, length: number): Uint8Array {
  if (length <= body.buffer.length) return body.buffer;
  const buffer = new Uint8Array(Math.min(body.lengthMax, Math.max(length, 2 * body.buffer.length)));
  buffer.set(body.buffer.subarray(0, body.length));
  return buffer;
}
