// What a CoapServer is made with, and what it tells.

import type { Instant } from "../base/instant.ts";
import type { RandomSource } from "../base/random-source.ts";
import type { AnswerRateLimits } from "./answer-rates.ts";
import type { EchoPolicy } from "./echo.ts";
import type { MessageFormatErrorKind, RefusalName } from "./errors.ts";
import type { CoapServerLimits } from "./parameters.ts";
import type { Question } from "./question.ts";
import type { RequestHandler } from "./request.ts";
import type { ResponderOutlet } from "./responder.ts";

/** What a server counts: everything that it discards, resets, refuses or gives up. */
export type CoapServerCount =
  | MessageFormatErrorKind
  | RefusalName
  /** RFC 7252 4.2: an ACK or RST that carries a request, or belongs to nothing that we sent. */
  | "acknowledgementUnmatched"
  /** RFC 7252 4.3: an empty NON; ignored. */
  | "emptyNonIgnored"
  /** RFC 7641 4.5: a notification was not acknowledged, so that its observer is told nothing more. */
  | "observerGone"
  /** RFC 7252 4.3: an empty CON, answered with RST. */
  | "ping"
  /** Nobody could be told in time, or there was no room to wait: the client asks again or gives up by itself. */
  | "requestUnanswered"
  /** RFC 7252 4.5: a repeated request whose answer is not there yet. */
  | "repetitionAbsorbed"
  /** A response that came to this server: RST for a CON, silence for a NON. */
  | "responseUnexpected"
  | "separateResponseGivenUp"
  | "separateResponseQueueFull";

export interface CoapServerOutlet<Association> extends ResponderOutlet<Association> {
  /** One CoAP message to send; its bytes are valid until the call returns. */
  transmit(now: Instant, association: Association, datagram: Uint8Array): void;
  /** A repeated request was answered with the bytes of its first answer. */
  answerResent(now: Instant, association: Association): void;
  /** To be answered by resume(), at once or later; asked once, however many requests wait. */
  asked(now: Instant, question: Question): void;
  counted(name: CoapServerCount): void;
}

export interface CoapServerOptions<Association> {
  readonly handler: RequestHandler<Association>;
  readonly outlet: CoapServerOutlet<Association>;
  readonly random: RandomSource;
  /** The largest block served and asked for: a power of two from 16 to 1024 bytes, 1024 when absent. */
  readonly blockSize?: number;
  readonly limits?: Partial<CoapServerLimits>;
  /** No limits when absent. */
  readonly rates?: AnswerRateLimits;
  /** Nobody has to show an Echo value when absent. */
  readonly echo?: EchoPolicy<Association>;
}
