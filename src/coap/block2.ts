// Answering with a block of a body (RFC 7959 2.4). It needs no transfer state: a block is a function of body, NUM and
// SZX, so that any block can be asked for in any order, at any size, any time later.

import { EMPTY, equal } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { AnswerSlice } from "./answered-exchanges.ts";
import { type Block, blockBits, blockSizeOf, NUM_MAX, offsetOf } from "./block.ts";
import type { Body } from "./body.ts";
import { Code } from "./code.ts";
import type { RefusalName } from "./errors.ts";
import { type AnswerContent, contentOf, messageLength, optionsLengthOf } from "./message.ts";
import { type Option, OptionNumber, type UintOption } from "./option.ts";
import type { Question } from "./question.ts";
import type { Request } from "./request.ts";

/** The first options describe the body; the payload is a view, valid until the body is read again. */
export interface Slice extends AnswerContent {
  /** Where the payload lies in the body; undefined for 2.03, which has none. */
  readonly slice: AnswerSlice | undefined;
  /** Whether the body goes on behind this block. */
  readonly more: boolean;
}

/**
 * The block of `body` that `request` asks for, at most of size `szxMax` and no longer than its messageLengthMax allows
 * (but 16 bytes at least); a question where its bytes have to be fetched first. `code` is the answer's; `extraOptions` are
 * sent beside those of the block.
 */
export function sliceFor<Association>(
  request: Request<Association>,
  body: Body,
  code: Code,
  szxMax: number,
  extraOptions: readonly Option[],
): Result<Slice, RefusalName | Question> {
  if (request.accept !== undefined && request.accept !== body.contentFormat) return failed("notAcceptable");
  if (request.code === Code.GET) {
    if (!meetsConditions(request, body)) return failed("preconditionFailed");
    if (body.etag !== undefined && includes(request.etags, body.etag)) return ok(validation(body.etag));
  }
  const asked = request.block2;
  const offset = asked === undefined ? 0 : offsetOf(asked);
  if (offset > 0 && offset >= body.length) return failed("blockOutOfRange");
  // RFC 7959 2.4: the size asked for or smaller, never larger; the M of a request is ignored.
  for (let szx = Math.min(szxMax, asked?.szx ?? szxMax); ; szx--) {
    const size = blockSizeOf(szx);
    // A smaller block keeps the byte offset, not NUM: else the client writes its flash at the wrong place.
    const block = { num: offset >> (szx + 4), more: offset + size < body.length, szx };
    if (block.num > NUM_MAX) return failed("blockOutOfRange");
    const length = Math.min(size, body.length - offset);
    const head = body.representation;
    const options = blockOptions(request, body, block, extraOptions);
    const optionsLength = optionsLengthOf(head, options);
    if (szx > 0 && messageLength(request.tokenLength, optionsLength, length) > request.messageLengthMax) continue;
    const payload = body.read(offset, length);
    if (!(payload instanceof Uint8Array)) return failed(payload ?? "bodyUnreadable");
    return ok({ code, head, options, optionsLength, payload, slice: { body, offset, length }, more: block.more });
  }
}

/** RFC 7252 5.10.8, for a resource that exists. */
function meetsConditions<Association>(request: Request<Association>, body: Body): boolean {
  if (request.ifNoneMatch) return false;
  const { ifMatches } = request;
  if (ifMatches.length === 0 || ifMatches.some((value) => value.length === 0)) return true;
  return body.etag !== undefined && includes(ifMatches, body.etag);
}

/** RFC 7252 5.9.1.3: 2.03 with the ETag and no payload, whichever block was asked for. */
function validation(etag: Uint8Array): Slice {
  const options = [{ number: OptionNumber.ETAG, value: etag }];
  return { ...contentOf(Code.VALID, options, EMPTY), slice: undefined, more: false };
}

/** Ascending by number: Block2, what is extra, which can only be Block1, and Size2. */
function blockOptions<Association>(
  request: Request<Association>,
  body: Body,
  block: Block,
  extraOptions: readonly Option[],
): readonly (Option | UintOption)[] {
  const named = request.block2 !== undefined || block.more;
  // An array that begins empty would grow to room for seventeen.
  const options: (Option | UintOption)[] = named ? [{ number: OptionNumber.BLOCK2, uint: blockBits(block) }] : [];
  for (const option of extraOptions) options.push(option);
  if (request.size2Asked || (block.num === 0 && block.more)) {
    options.push({ number: OptionNumber.SIZE2, uint: body.length });
  }
  return options;
}

function includes(etags: readonly Uint8Array[], etag: Uint8Array): boolean {
  return etags.some((other) => equal(other, etag));
}
