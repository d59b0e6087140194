// The message layer of a CoAP server (RFC 7252 4) for one or many associations: which message is answered, reset,
// repeated or passed over in silence.
//
//   datagram -> known? the same answer again : decode -> CON/NON/ACK/RST -> request -> responder -> content
//            -> piggy-backed, NON or separate -> encode -> remember -> transmit

import { assert } from "../base/assert.ts";
import { copyOf } from "../base/bytes.ts";
import type { Deadlined } from "../base/deadlined.ts";
import { earliest, type Instant } from "../base/instant.ts";
import { AnswerEncoder } from "./answer-encoder.ts";
import { AnswerRates } from "./answer-rates.ts";
import { AssociationTable } from "./association-table.ts";
import { szxOf } from "./block.ts";
import type { CoapServerOptions, CoapServerOutlet } from "./coap-server-options.ts";
import { Code, classOf, isRequest } from "./code.ts";
import { Echo, echoOptions } from "./echo.ts";
import { KnownOptions } from "./known-options.ts";
import {
  DecodedMessage,
  decodeMessage,
  emptyMessage,
  encodeAnswer,
  encodeMessage,
  HEADER_LENGTH,
  type Message,
} from "./message.ts";
import { MessageIds } from "./message-ids.ts";
import { OBSERVE_REGISTER, observed, withRoomForObserve } from "./observe.ts";
import { type Notification, Observers } from "./observers.ts";
import { OptionNumber, uintOption } from "./option.ts";
import {
  BLOCK_SIZE_MAX,
  DEFAULT_COAP_SERVER_LIMITS,
  EXCHANGE_LIFETIME_MS,
  REQUEST_LENGTH_MAX,
  RETRY_AFTER_SECONDS,
} from "./parameters.ts";
import type { Question } from "./question.ts";
import { type Request, type RequestHandler, readRequest } from "./request.ts";
import { ResendCache } from "./resend-cache.ts";
import { type Content, Responder } from "./responder.ts";
import type { Response } from "./response.ts";
import { SeparateResponses } from "./separate-responses.ts";
import { WaitingRequest, WaitingRequests } from "./waiting-requests.ts";

export class CoapServer<Association> implements Deadlined {
  readonly #outlet: CoapServerOutlet<Association>;
  readonly #answersAtOnce: boolean;
  readonly #resends: ResendCache<Association>;
  readonly #knownOptions = new KnownOptions();
  readonly #encoder = new AnswerEncoder();
  readonly #responder: Responder<Association>;
  readonly #messageIds: MessageIds<Association>;
  readonly #separate: SeparateResponses<Association>;
  readonly #echo: Echo<Association> | undefined;
  readonly #waiting: WaitingRequests<Association>;
  readonly #handler: RequestHandler<Association>;
  readonly #observers: Observers<Association>;
  #observe = 0;
  readonly #rates: AnswerRates<Association, WaitingRequest<Association>> | undefined;
  /** Those who have acknowledged a separate response, and so are known to take one. */
  readonly #takesSeparate: AssociationTable<Association, "takesSeparate", true>;

  constructor(options: CoapServerOptions<Association>) {
    const { handler, outlet, random } = options;
    const limits = { ...DEFAULT_COAP_SERVER_LIMITS, ...options.limits };
    this.#outlet = outlet;
    this.#handler = handler;
    this.#answersAtOnce = handler.answersAtOnce ?? false;
    this.#resends = new ResendCache({ countMax: limits.resendCountMax, lengthMax: limits.resendLengthMax });
    this.#responder = new Responder(handler, outlet, szxOf(options.blockSize ?? BLOCK_SIZE_MAX), limits);
    this.#waiting = new WaitingRequests({ countMax: limits.waitingCountMax, lengthMax: limits.waitingLengthMax });
    const { perAssociation, total } = options.rates ?? {};
    const isRated = perAssociation !== undefined || total !== undefined;
    this.#rates = isRated ? new AnswerRates(options.rates!, (now, waiting) => this.#takeTurn(now, waiting)) : undefined;
    this.#takesSeparate = new AssociationTable({
      countMax: 1,
      lengthMax: limits.takesSeparateLengthMax,
      lifetimeMs: EXCHANGE_LIFETIME_MS,
    });
    this.#observers = new Observers(
      { countMax: limits.observerCountMax, lengthMax: limits.observerLengthMax },
      {
        transmit: (now, association, datagram) => {
          this.#rates?.debit(now, association, datagram.length);
          outlet.transmit(now, association, datagram);
        },
        notification: (now, request) => this.#notification(now, request),
        gaveUp: () => outlet.counted("observerGone"),
      },
      random,
    );
    this.#echo = options.echo && new Echo(options.echo);
    this.#messageIds = new MessageIds(random, limits.messageIdLengthMax);
    this.#separate = new SeparateResponses(
      { countMax: limits.separateCountMax, totalMax: limits.separateTotalMax },
      {
        transmit: (now, association, datagram) => outlet.transmit(now, association, datagram),
        gaveUp: () => outlet.counted("separateResponseGivenUp"),
      },
      random,
    );
  }

  /** About how many bytes are remembered of all associations; the limits bound it. */
  get rememberedLength(): number {
    const waiting = this.#waiting.length + this.#takesSeparate.length + this.#observers.length;
    return this.#resends.length + this.#responder.length + this.#messageIds.length + waiting;
  }

  /** How many entries each table holds. */
  get tables(): Readonly<Record<string, number>> {
    return {
      resends: this.#resends.associationCount,
      knownOptions: this.#knownOptions.size,
      knownOptionsBytes: this.#knownOptions.length,
      messageIds: this.#messageIds.associationCount,
      separateResponses: this.#separate.total,
      takersOfSeparate: this.#takesSeparate.associationCount,
      observers: this.#observers.count,
      questions: this.#waiting.questionCount,
      rates: this.#rates?.associationCount ?? 0,
      rememberedBytes: this.rememberedLength,
    };
  }

  /**
   * Takes one datagram of `association`; it may be a view of a buffer that is used again. `messageLengthMax`: the
   * longest message, in bytes, that the layers below can carry back; blocks shrink to fit, to 16 bytes at least.
   */
  handleDatagram(now: Instant, association: Association, datagram: Uint8Array, messageLengthMax: number): void {
    const known = this.#resends.find(now, association, datagram);
    if (known !== undefined && this.#mayResend(now, association, datagram, known)) {
      this.#resend(now, association, known);
      return;
    }
    if (this.#waiting.total > 0 && this.#waiting.findDatagram(association, datagram) !== undefined) {
      this.#outlet.counted("repetitionAbsorbed");
      return;
    }
    // A request may outlive this call, and so may a body that is gathered from it.
    const received = this.#isInPlace(datagram[1]) ? datagram : copyOf(datagram);
    const again = this.#knownOptions.readAgain(association, received, messageLengthMax);
    const message = again === undefined ? this.#decoded(now, association, received) : again.message;
    if (message === undefined) return;
    if (message.type === "ACK" || message.type === "RST") this.#handleAnswer(now, association, message);
    else if (isRequest(message.code)) this.#handleRequest(now, association, message, messageLengthMax, again);
    else this.#reject(now, association, message);
  }

  /** Undefined for a datagram that is no message; RFC 7252 4.2: RST where its header says CON. */
  #decoded(now: Instant, association: Association, received: Uint8Array): DecodedMessage | undefined {
    const decoded = decodeMessage(received);
    if (decoded.ok) return decoded.value;
    const { kind, header } = decoded.error;
    this.#outlet.counted(kind);
    if (header?.type === "CON") this.#transmitEmpty(now, association, "RST", header.messageId);
    return undefined;
  }

  /** The response to a request whose handler answered undefined. One that nobody waits for any more is dropped. */
  respond(now: Instant, request: Request<Association>, response: Response): void {
    const waiting = this.#waiting.findRequest(request);
    if (waiting === undefined) return;
    waiting.response = response;
    this.#proceed(now, waiting);
  }

  /** A question that was asked has its answer: what waits for it is handled again. */
  resume(now: Instant, question: string): void {
    for (const waiting of this.#waiting.takeAsking(question)) this.#proceed(now, waiting);
  }

  /** The resources that are meant have another state now: those who observe one are told (RFC 7641 4.2). */
  changed(now: Instant, isMeant: (resource: string) => boolean): void {
    this.#observers.changed(now, isMeant);
  }

  /** Drops all state of an association that has ended. */
  forget(association: Association): void {
    this.#resends.forget(association);
    this.#responder.forget(association);
    this.#messageIds.forget(association);
    this.#separate.forget(association);
    this.#takesSeparate.forget(association);
    this.#waiting.forget(association);
    this.#rates?.forget(association);
    this.#observers.forget(association);
  }

  handleTimeout(now: Instant): void {
    this.#resends.handleTimeout(now);
    this.#knownOptions.handleTimeout(now);
    this.#responder.handleTimeout(now);
    this.#messageIds.handleTimeout(now);
    this.#separate.handleTimeout(now);
    this.#takesSeparate.handleTimeout(now);
    this.#observers.handleTimeout(now);
    for (let due = this.#waiting.takeDue(now); due !== undefined; due = this.#waiting.takeDue(now)) {
      this.#handleOverdue(now, due);
    }
    this.#rates?.handleTimeout(now);
  }

  pollTimeout(): Instant | undefined {
    const tables = earliest(this.#resends.pollTimeout(), this.#responder.pollTimeout());
    const ids = earliest(this.#messageIds.pollTimeout(), this.#knownOptions.pollTimeout());
    const separate = earliest(this.#separate.pollTimeout(), this.#takesSeparate.pollTimeout());
    const waiting = earliest(this.#waiting.pollTimeout(), this.#rates?.pollTimeout());
    const others = earliest(waiting, this.#observers.pollTimeout());
    return earliest(earliest(tables, others), earliest(ids, separate));
  }

  /** An ACK or RST is never answered (RFC 7252 4.2); an empty one may end a separate response. */
  #handleAnswer(now: Instant, association: Association, message: Message): void {
    const { messageId } = message;
    const isEmpty = message.code === Code.EMPTY;
    if (isEmpty && this.#observers.settle(now, association, messageId, message.type === "RST")) return;
    const settles = isEmpty && this.#separate.settle(now, association, messageId);
    if (!settles) this.#outlet.counted("acknowledgementUnmatched");
    else if (message.type === "ACK") this.#takesSeparate.set(now, association, "takesSeparate", true, 0);
  }

  /** RFC 7252 4.2, 4.3: no request: RST for a CON, silence for a NON. */
  #reject(now: Instant, association: Association, message: Message): void {
    const confirmable = message.type === "CON";
    if (message.code !== Code.EMPTY) this.#outlet.counted("responseUnexpected");
    else this.#outlet.counted(confirmable ? "ping" : "emptyNonIgnored");
    if (confirmable) this.#transmitEmpty(now, association, "RST", message.messageId);
  }

  /** Whether a message with this code is read where it lies, in a buffer that is used again. */
  #isInPlace(code: Code | undefined): boolean {
    return this.#answersAtOnce && code === Code.GET;
  }

  /** `again`: what `message` asks for, where that was read already. */
  #handleRequest(
    now: Instant,
    association: Association,
    message: DecodedMessage,
    messageLengthMax: number,
    again: Request<Association> | undefined,
  ): void {
    if (message.bytes.length > REQUEST_LENGTH_MAX) {
      // Refused again each time that it comes: nothing of it is kept.
      this.#transmitTooLarge(now, association, message, messageLengthMax);
      return;
    }
    const echo = this.#echo?.challenge(now, association, message);
    if (echo !== undefined) {
      const refusal = this.#responder.refuse(message, messageLengthMax, "echoWanted", echoOptions(message, echo));
      this.#answer(now, association, message, refusal);
      return;
    }
    const asked = again ?? this.#read(now, association, message, messageLengthMax);
    if (asked === undefined) return;
    const request = asked.observe === undefined ? asked : withRoomForObserve(asked);
    if (this.#rates !== undefined && !this.#rates.admits(now, association)) {
      this.#waitForTurn(now, request, this.#rates);
      return;
    }
    const { block1 } = request;
    const whole = block1 === undefined ? request : this.#responder.gather(now, request, block1);
    if ("head" in whole) {
      this.#answer(now, association, message, whole);
      return;
    }
    const reply = this.#responder.answer(now, whole);
    if (reply !== undefined && "head" in reply) {
      const content = request.observe === undefined ? reply : this.#observing(now, request, reply);
      this.#answer(now, association, message, content);
    } else this.#wait(now, whole, reply);
  }

  /** Undefined for a request that is refused. */
  #read(
    now: Instant,
    association: Association,
    message: DecodedMessage,
    messageLengthMax: number,
  ): Request<Association> | undefined {
    const read = this.#knownOptions.read(now, association, message, messageLengthMax);
    if (read.ok) return read.value;
    const refusal = this.#responder.refuse(message, messageLengthMax, read.error);
    // RFC 7252 5.4.1: a NON with an unrecognised critical option is rejected, not answered.
    if (read.error !== "badOption" || message.type !== "NON") this.#answer(now, association, message, refusal);
    return undefined;
  }

  #wait(now: Instant, request: Request<Association>, question: Question | undefined): void {
    const waiting = new WaitingRequest(now, this.#kept(request));
    if (!this.#waiting.add(now, waiting)) this.#giveUp(now, waiting);
    else if (question !== undefined) this.#ask(now, waiting, question);
  }

  #waitForTurn(
    now: Instant,
    request: Request<Association>,
    rates: AnswerRates<Association, WaitingRequest<Association>>,
  ): void {
    const waiting = new WaitingRequest(now, this.#kept(request));
    if (this.#waiting.add(now, waiting)) rates.enqueue(now, request.association, waiting);
    else this.#giveUp(now, waiting);
  }

  #takeTurn(now: Instant, waiting: WaitingRequest<Association>): void {
    const { request } = waiting;
    const whole = request.block1 === undefined ? request : this.#responder.gather(now, request, request.block1);
    if ("head" in whole) {
      this.#answerLate(now, waiting, whole);
    } else {
      this.#waiting.replace(waiting, whole);
      this.#proceed(now, waiting);
    }
  }

  /** Whether a known answer goes out as it is. A block beyond the rates is asked for anew, and waits for its turn. */
  #mayResend(now: Instant, association: Association, datagram: Uint8Array, answer: Uint8Array): boolean {
    if (this.#rates === undefined || datagram[1] !== Code.GET || answer.length <= HEADER_LENGTH) return true;
    return this.#rates.admits(now, association);
  }

  /** The answer to a request with Observe, which says whether it is observed from now on (RFC 7641 4.1). */
  #observing(now: Instant, request: Request<Association>, content: Content): Content {
    const { association, message, block2 } = request;
    if (request.observe !== OBSERVE_REGISTER) {
      this.#observers.remove(association, message.token);
      return content;
    }
    const resource = this.#handler.observed?.(request);
    // RFC 7959 2.6: further blocks are fetched without Observe.
    const isFirst = request.code === Code.GET && (block2?.num ?? 0) === 0;
    if (resource === undefined || !isFirst || classOf(content.code) !== 2) return content;
    if (!this.#observers.add(now, this.#kept(request), resource)) return content;
    return observed(content, this.#nextObserve());
  }

  #notification(now: Instant, request: Request<Association>): Notification {
    const { association, message } = request;
    const reply = this.#responder.answer(now, request);
    assert(reply !== undefined && "head" in reply, "a resource that can be observed is answered at once");
    const isLast = classOf(reply.code) !== 2;
    const content = isLast ? reply : observed(reply, this.#nextObserve());
    const messageId = this.#messageIds.take(now, association);
    return { messageId, datagram: encodeAnswer(message, "CON", messageId, content), isLast };
  }

  /** RFC 7641 3.4, 4.4: greater than that of any notification before, modulo 2^24. */
  #nextObserve(): number {
    this.#observe = (this.#observe + 1) & 0xff_ffff;
    return this.#observe;
  }

  /** The same request without views of the datagram's buffer. */
  #kept(request: Request<Association>): Request<Association> {
    if (!this.#isInPlace(request.code)) return request;
    const { association, message, messageLengthMax } = request;
    const copy = new DecodedMessage(copyOf(message.bytes), message.optionsEnd);
    const read = readRequest(association, copy, messageLengthMax);
    assert(read.ok, "it could be read before");
    return read.value;
  }

  #ask(now: Instant, waiting: WaitingRequest<Association>, question: Question): void {
    if (this.#waiting.ask(waiting, question)) this.#outlet.asked(now, question);
  }

  /** What a request waited for is there. */
  #proceed(now: Instant, waiting: WaitingRequest<Association>): void {
    const { request, response } = waiting;
    const reply =
      response === undefined
        ? this.#responder.answer(now, request)
        : this.#responder.contentFor(now, request, response);
    if (reply === undefined) return;
    if ("question" in reply) this.#ask(now, waiting, reply);
    else this.#answerLate(now, waiting, reply);
  }

  #answerLate(now: Instant, waiting: WaitingRequest<Association>, answer: Content): void {
    const { request } = waiting;
    const { association, message } = request;
    this.#removeWaiting(waiting);
    const content = request.observe === undefined ? answer : this.#observing(now, request, answer);
    const piggybacked = message.type === "CON" && !waiting.acknowledged;
    const messageId = piggybacked ? message.messageId : this.#messageIds.take(now, association);
    // Into an array of its own: several that waited may be answered before the first answer has left.
    const datagram = encodeAnswer(message, piggybacked ? "ACK" : message.type, messageId, content);
    this.#rates?.debit(now, association, datagram.length);
    if (!waiting.acknowledged) {
      const { slice } = content;
      const remembered = slice === undefined ? datagram : datagram.subarray(0, datagram.length - slice.length);
      this.#resends.remember(now, association, message.bytes, remembered, slice);
      this.#outlet.transmit(now, association, datagram);
    } else if (!this.#separate.send(now, association, messageId, datagram)) {
      this.#outlet.counted("separateResponseQueueFull");
    }
  }

  #removeWaiting(waiting: WaitingRequest<Association>): void {
    this.#waiting.remove(waiting);
    this.#rates?.remove(waiting.request.association, waiting);
  }

  /** The delay of a piggybacked response is over, or nobody waits for it any more. */
  #handleOverdue(now: Instant, waiting: WaitingRequest<Association>): void {
    if (waiting.expiresAt <= now) {
      this.#giveUp(now, waiting);
      return;
    }
    const { association, message } = waiting.request;
    if (message.type !== "CON" || !this.#mayAnswerOtherwise(now, waiting)) return;
    // RFC 7252 5.2.2: while the separate response is pending and after it, a repetition gets the empty ACK again.
    waiting.acknowledged = true;
    const acknowledgement = this.#transmitEmpty(now, association, "ACK", message.messageId);
    this.#resends.remember(now, association, message.bytes, acknowledgement);
  }

  /**
   * Whether the client can be told anything but the answer itself, in the acknowledgement. Within a block-wise transfer some
   * (nRF Connect SDK) take neither a separate response nor an error, and the transfer is lost; but all of them ask again.
   */
  #mayAnswerOtherwise(now: Instant, { request }: WaitingRequest<Association>): boolean {
    if (request.code !== Code.GET || request.block2 === undefined) return true;
    return this.#takesSeparate.find(now, request.association, "takesSeparate") !== undefined;
  }

  #giveUp(now: Instant, waiting: WaitingRequest<Association>): void {
    const { message, messageLengthMax, block2 } = waiting.request;
    if (block2 !== undefined) {
      this.#removeWaiting(waiting);
      this.#outlet.counted("requestUnanswered");
      return;
    }
    const options = [uintOption(OptionNumber.MAX_AGE, RETRY_AFTER_SECONDS)];
    this.#answerLate(now, waiting, this.#responder.refuse(message, messageLengthMax, "serviceUnavailable", options));
  }

  /** Piggy-backed for a CON; for a NON, a NON under a Message ID of our own (RFC 7252 5.2). */
  #encoded(now: Instant, association: Association, message: DecodedMessage, content: Content): Uint8Array {
    const confirmable = message.type === "CON";
    const messageId = confirmable ? message.messageId : this.#messageIds.take(now, association);
    return this.#encoder.encode(message, confirmable ? "ACK" : "NON", messageId, content);
  }

  #transmitTooLarge(now: Instant, association: Association, message: DecodedMessage, messageLengthMax: number): void {
    const options = [uintOption(OptionNumber.SIZE1, REQUEST_LENGTH_MAX)];
    const refusal = this.#responder.refuse(message, messageLengthMax, "requestEntityTooLarge", options);
    this.#outlet.transmit(now, association, this.#encoded(now, association, message, refusal));
  }

  #answer(now: Instant, association: Association, message: DecodedMessage, content: Content): void {
    const datagram = this.#encoded(now, association, message, content);
    const slice = content.slice?.body.shared === true ? content.slice : undefined;
    const remembered = slice === undefined ? datagram : this.#encoder.beginning(datagram.length - slice.length);
    this.#resends.remember(now, association, message.bytes, remembered, slice);
    this.#rates?.debit(now, association, datagram.length);
    this.#outlet.transmit(now, association, datagram);
  }

  #resend(now: Instant, association: Association, answer: Uint8Array): void {
    if (answer.length === 0) return;
    this.#rates?.debit(now, association, answer.length);
    this.#outlet.transmit(now, association, answer);
    this.#outlet.answerResent(now, association);
  }

  #transmitEmpty(now: Instant, association: Association, type: "ACK" | "RST", messageId: number): Uint8Array {
    const datagram = encodeMessage(emptyMessage(type, messageId));
    this.#outlet.transmit(now, association, datagram);
    return datagram;
  }
}
