// The request/response layer of a server (RFC 7252 5): gathers the request's body, asks the handler, slices the answer's.
// It knows neither message types nor Message IDs.

import { EMPTY } from "../base/bytes.ts";
import type { Deadlined } from "../base/deadlined.ts";
import { earliest, type Instant } from "../base/instant.ts";
import type { AnswerSlice } from "./answered-exchanges.ts";
import { AssociationTable } from "./association-table.ts";
import { type Block, blockOption, blockSizeOf } from "./block.ts";
import { answerKeyOf, BodyGatherer } from "./block1.ts";
import { sliceFor } from "./block2.ts";
import type { Body } from "./body.ts";
import { Code } from "./code.ts";
import { NO_OPTIONS } from "./encoded-options.ts";
import type { RefusalName } from "./errors.ts";
import { type AnswerContent, contentOf, type Message, messageLength, optionsLengthOf } from "./message.ts";
import { inOrder, type Option, OptionNumber } from "./option.ts";
import { type CoapServerLimits, EXCHANGE_LIFETIME_MS } from "./parameters.ts";
import type { Question } from "./question.ts";
import type { Request, RequestHandler } from "./request.ts";
import { type BodyResponse, type PlainResponse, type Response, responseFor } from "./response.ts";

/** What a response is made of before it has a type and a Message ID. */
export interface Content extends AnswerContent {
  /** Where the payload was cut from, if it was. */
  readonly slice?: AnswerSlice | undefined;
}

/** The answer, what is to be had first, or that the handler answers later. */
export type Reply = Content | Question | undefined;

export interface ResponderOutlet<Association> {
  /** A block was made for a request that is not a repetition. Offset and length in bytes. */
  blockServed(now: Instant, association: Association, body: Body, offset: number, length: number): void;
  counted(name: RefusalName): void;
}

const NONE: readonly Option[] = [];

export class Responder<Association> implements Deadlined {
  readonly #handler: RequestHandler<Association>;
  readonly #outlet: ResponderOutlet<Association>;
  readonly #szxMax: number;
  readonly #gatherer: BodyGatherer<Association>;
  /** Bodies that answer other methods than GET: their next blocks come from here, for the handler must not run twice. */
  readonly #answerBodies: AssociationTable<Association, string, BodyResponse>;

  constructor(
    handler: RequestHandler<Association>,
    outlet: ResponderOutlet<Association>,
    szxMax: number,
    limits: CoapServerLimits,
  ) {
    this.#handler = handler;
    this.#outlet = outlet;
    this.#szxMax = szxMax;
    this.#gatherer = new BodyGatherer({ countMax: limits.gatheredCountMax, lengthMax: limits.gatheredLengthMax });
    this.#answerBodies = new AssociationTable({
      countMax: limits.answerBodyCountMax,
      lengthMax: limits.answerBodyLengthMax,
      lifetimeMs: EXCHANGE_LIFETIME_MS,
    });
  }

  /** Bytes of the bodies that are being gathered or fetched, overhead included. */
  get length(): number {
    return this.#gatherer.length + this.#answerBodies.length;
  }

  /** For a request with Block1: the same with the whole body as its payload, or what answers this block. */
  gather(now: Instant, request: Request<Association>, block1: Block): Request<Association> | Content {
    const gathering = this.#gatherer.handleBlock(now, this.#handler, request, block1, this.#szxAskedOf(request));
    switch (gathering.kind) {
      case "whole":
        return { ...request, payload: gathering.body };
      case "refused":
        return this.refuse(request.message, request.messageLengthMax, gathering.refusal, gathering.options);
      case "continue":
        return contentOf(Code.CONTINUE, [gathering.acknowledgement], EMPTY);
      case "rejected":
        return plainContent(request.message, request.messageLengthMax, gathering.response);
    }
  }

  /**
   * For a request whose body is whole. A question: to be asked again once that is answered, with a request that can be kept.
   * Undefined: the handler answers later, and the answer is then asked of contentFor().
   */
  answer(now: Instant, request: Request<Association>): Reply {
    return isFollowUp(request) ? this.#nextBlock(now, request) : this.#handle(now, request);
  }

  contentFor(now: Instant, request: Request<Association>, response: Response): Content | Question {
    // RFC 7959 2.3: the final answer acknowledges the last block of the request.
    const extra = request.block1 === undefined ? NONE : [blockOption(OptionNumber.BLOCK1, request.block1)];
    if ("body" in response) return this.#slice(now, request, response, extra);
    const options = [...(response.options ?? []), ...extra];
    return plainContent(request.message, request.messageLengthMax, { ...response, options });
  }

  refuse(message: Message, messageLengthMax: number, name: RefusalName, options?: readonly Option[]): Content {
    this.#outlet.counted(name);
    return plainContent(message, messageLengthMax, responseFor(name, options));
  }

  forget(association: Association): void {
    this.#gatherer.forget(association);
    this.#answerBodies.forget(association);
  }

  handleTimeout(now: Instant): void {
    this.#gatherer.handleTimeout(now);
    this.#answerBodies.handleTimeout(now);
  }

  pollTimeout(): Instant | undefined {
    return earliest(this.#gatherer.pollTimeout(), this.#answerBodies.pollTimeout());
  }

  #handle(now: Instant, request: Request<Association>): Reply {
    const response = this.#handler.handle(now, request);
    if (response === undefined || "question" in response) return response;
    return this.contentFor(now, request, response);
  }

  #nextBlock(now: Instant, request: Request<Association>): Content | Question {
    const response = this.#answerBodies.find(now, request.association, answerKeyOf(request.message));
    if (response === undefined)
      return this.refuse(request.message, request.messageLengthMax, "requestEntityIncomplete");
    return this.#slice(now, request, response, NONE);
  }

  #slice(
    now: Instant,
    request: Request<Association>,
    response: BodyResponse,
    extraOptions: readonly Option[],
  ): Content | Question {
    const { association, message, messageLengthMax } = request;
    const { body } = response;
    const slice = sliceFor(request, body, response.code ?? Code.CONTENT, this.#szxMax, extraOptions);
    if (!slice.ok) {
      const { error } = slice;
      return typeof error === "object" ? error : this.refuse(message, messageLengthMax, error);
    }
    const { slice: served, more } = slice.value;
    if (served !== undefined) this.#outlet.blockServed(now, association, body, served.offset, served.length);
    if (more && request.code !== Code.GET) {
      const key = answerKeyOf(message);
      this.#answerBodies.set(now, association, key, response, 2 * key.length + body.length);
    }
    return slice.value;
  }

  /** The block size that lets the client's next block, with the options of this one, fit the layers below. */
  #szxAskedOf(request: Request<Association>): number {
    const { message, tokenLength, messageLengthMax } = request;
    const optionsLength = optionsLengthOf(NO_OPTIONS, message.options);
    let szx = this.#szxMax;
    while (szx > 0 && messageLength(tokenLength, optionsLength, blockSizeOf(szx)) > messageLengthMax) szx--;
    return szx;
  }
}

/** RFC 7959 3.3: a request for a further block of the answer to an earlier request repeats neither body nor Block1. */
function isFollowUp<Association>(request: Request<Association>): boolean {
  return request.code !== Code.GET && request.payload.length === 0 && (request.block2?.num ?? 0) > 0;
}

/** An error says neither Block2 nor ETag; a diagnostic that does not fit is left out. */
function plainContent(message: Message, messageLengthMax: number, response: PlainResponse): Content {
  const { code, payload = EMPTY, options = [] } = response;
  const content = contentOf(code, inOrder(options), payload);
  const fits = messageLength(message.token.length, content.optionsLength, payload.length) <= messageLengthMax;
  return fits ? content : { ...content, payload: EMPTY };
}
