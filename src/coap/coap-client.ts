// The CoAP client of one association (RFC 7252 4 and 5): requests in, matched responses out. Several requests may be
// outstanding at once; how many is the caller's choice (NSTART, 4.7).

import { assert, unreachable } from "../base/assert.ts";
import { copyOf, EMPTY, toHex } from "../base/bytes.ts";
import { DeadlineQueue } from "../base/deadline-queue.ts";
import type { Deadlined } from "../base/deadlined.ts";
import { addMs, earliest, type Instant } from "../base/instant.ts";
import { type RandomSource, randomBytes, randomUint16 } from "../base/random-source.ts";
import { Code, isRequest, isSafe } from "./code.ts";
import { echoOf } from "./echo.ts";
import { decodeMessage, emptyMessage, encodeMessage, type Message } from "./message.ts";
import { decodeUint, inOrder, isCritical, isRecognised, type Option, OptionNumber, stringOption } from "./option.ts";
import {
  CLIENT_RESEND_LENGTH_MAX,
  DEFAULT_COAP_SERVER_LIMITS,
  DEFAULT_TRANSMISSION_PARAMETERS,
  ECHO_REPEAT_MAX,
  maxTransmitWaitMs,
  OUTSTANDING_REQUEST_COUNT_MAX,
  type TransmissionParameters,
} from "./parameters.ts";
import { ResendCache } from "./resend-cache.ts";
import { Retransmitter } from "./retransmission.ts";

/** Names one request of one CoapClient; never used twice. */
export type RequestId = number;

export interface OutgoingRequest {
  /** The method. */
  readonly code: Code;
  /** One string for each segment. */
  readonly path: readonly string[];
  readonly queries?: readonly string[];
  /** In any order. */
  readonly options?: readonly Option[];
  /** Not to be changed while the request is outstanding: it may have to be repeated. */
  readonly payload?: Uint8Array;
  /** True when absent. */
  readonly confirmable?: boolean;
  /**
   * Who decides when a CON is asked again and given up: this client by RFC 7252 4.2, or its caller by a new request and
   * cancel(), who may know the link better (4.2: the timers are a default). The client when absent, and always for a
   * method that changes something: it keeps its Message ID when it is repeated, so that it happens once (RFC 7252 4.5).
   */
  readonly timer?: "client" | "caller";
  /** ACK_TIMEOUT of the client's timer, ms, where the caller knows the link (RFC 7252 4.2); the parameters' when absent. */
  readonly ackTimeoutMs?: number;
}

export interface CoapClientOutlet {
  transmit(now: Instant, datagram: Uint8Array): void;
  /** RFC 7252 5.2.2: the server has the request and will answer it in its own time: nothing of it is lost. */
  acknowledged(now: Instant, requestId: RequestId): void;
  /** The request is over. `message` has views of the datagram that brought it, valid during the call. */
  response(now: Instant, requestId: RequestId, message: Message): void;
  /**
   * The request is over: no response came in time, or the server rejected the message. With the caller's timer that time
   * begins with the server's word that it has the request.
   */
  requestFailed(now: Instant, requestId: RequestId, reason: "reset" | "timeout"): void;
}

export interface CoapClientOptions {
  readonly outlet: CoapClientOutlet;
  readonly random: RandomSource;
  readonly parameters?: TransmissionParameters;
  /**
   * Bytes of a token; 4 when absent. RFC 7252 5.3.1: without DTLS a token is what keeps strangers from answering, and has
   * at least 4. RFC 9175 4.1: no token is used twice, so that short ones become longer once all are used up.
   */
  readonly tokenLength?: 2 | 4;
}

interface Outstanding {
  readonly requestId: RequestId;
  readonly request: OutgoingRequest;
  readonly messageId: number;
  readonly token: Uint8Array;
  readonly callersTimer: boolean;
  /** How often the request was repeated with an Echo value. */
  readonly echoRepeatCount: number;
}

const LONG_TOKEN_LENGTH = 4;
/** Odd, so that multiplying by it modulo 2^32 or 2^16 is a bijection: successive tokens look unlike and never repeat. */
const TOKEN_STRIDE = 0x9e37_79b1;
/** The one association of a client, as the key of its resend cache. */
const SERVER = "server";

export class CoapClient implements Deadlined {
  readonly #outlet: CoapClientOutlet;
  readonly #retransmitter: Retransmitter<Outstanding>;
  readonly #responseTimeoutMs: number;
  readonly #byRequestId = new Map<RequestId, Outstanding>();
  readonly #byMessageId = new Map<number, Outstanding>();
  /** By the token in hex digits. */
  readonly #byToken = new Map<string, Outstanding>();
  /** Where no retransmission runs (a NON, an acknowledged CON): until when the response is waited for. */
  readonly #deadlines = new DeadlineQueue<Outstanding>();
  /** Our ACKs of separate responses, for when one of those comes again. */
  readonly #acknowledgements: ResendCache<typeof SERVER>;
  readonly #tokenStart: number;
  readonly #tokenLength: number;
  #messageId: number;
  #requestCount = 0;
  #tokenCount = 0;

  constructor(options: CoapClientOptions) {
    const { outlet, random, parameters = DEFAULT_TRANSMISSION_PARAMETERS, tokenLength = LONG_TOKEN_LENGTH } = options;
    this.#outlet = outlet;
    this.#tokenStart = decodeUint(randomBytes(random, LONG_TOKEN_LENGTH));
    this.#tokenLength = tokenLength;
    this.#messageId = randomUint16(random);
    this.#responseTimeoutMs = maxTransmitWaitMs(parameters);
    this.#acknowledgements = new ResendCache({
      countMax: DEFAULT_COAP_SERVER_LIMITS.resendCountMax,
      lengthMax: CLIENT_RESEND_LENGTH_MAX,
    });
    this.#retransmitter = new Retransmitter(
      {
        transmit: (now, _outstanding, datagram) => outlet.transmit(now, datagram),
        gaveUp: (now, outstanding) => this.#fail(now, outstanding, "timeout"),
      },
      random,
      parameters,
    );
  }

  /** How many times any request was sent again. */
  get retransmitCount(): number {
    return this.#retransmitter.retransmitCount;
  }

  get outstandingCount(): number {
    return this.#byRequestId.size;
  }

  /** Sends a request; at most OUTSTANDING_REQUEST_COUNT_MAX may wait for their responses. */
  request(now: Instant, request: OutgoingRequest): RequestId {
    assert(this.#byRequestId.size < OUTSTANDING_REQUEST_COUNT_MAX, "too many requests are outstanding");
    assert(request.timer !== "caller" || isSafe(request.code), "a request that changes something keeps its Message ID");
    const requestId = this.#requestCount++;
    this.#send(now, requestId, request, 0, []);
    return requestId;
  }

  /** Forgets a request, outstanding or not: nothing more is heard of it. */
  cancel(requestId: RequestId): void {
    const outstanding = this.#byRequestId.get(requestId);
    if (outstanding !== undefined) this.#end(outstanding);
  }

  /** Forgets every outstanding request. */
  cancelAll(): void {
    for (const outstanding of [...this.#byRequestId.values()]) this.#end(outstanding);
  }

  handleDatagram(now: Instant, datagram: Uint8Array): void {
    const known = this.#acknowledgements.find(now, SERVER, datagram);
    if (known !== undefined) {
      this.#outlet.transmit(now, known);
      return;
    }
    const decoded = decodeMessage(datagram);
    if (!decoded.ok) {
      const { header } = decoded.error;
      if (header?.type === "CON") this.#transmitEmpty(now, "RST", header.messageId);
      return;
    }
    const message = decoded.value;
    switch (message.type) {
      case "ACK":
        this.#handleAck(now, message);
        break;
      case "RST":
        this.#handleReset(now, message);
        break;
      case "CON":
        this.#handleSeparateCon(now, datagram, message);
        break;
      case "NON":
        this.#handleNon(now, message);
        break;
      default:
        unreachable(message.type);
    }
  }

  handleTimeout(now: Instant): void {
    this.#retransmitter.handleTimeout(now);
    for (let late = this.#deadlines.takeDue(now); late !== undefined; late = this.#deadlines.takeDue(now)) {
      this.#fail(now, late, "timeout");
    }
    this.#acknowledgements.handleTimeout(now);
  }

  pollTimeout(): Instant | undefined {
    const response = earliest(this.#retransmitter.pollTimeout(), this.#deadlines.earliest);
    return earliest(response, this.#acknowledgements.pollTimeout());
  }

  /** RFC 7252 5.3.2: a piggy-backed response must match Message ID and token; an empty ACK announces a separate one. */
  #handleAck(now: Instant, message: Message): void {
    const outstanding = this.#byMessageId.get(message.messageId);
    if (outstanding === undefined) return;
    if (message.code === Code.EMPTY) {
      this.#retransmitter.stop(outstanding);
      this.#awaitResponse(now, outstanding);
      this.#outlet.acknowledged(now, outstanding.requestId);
    } else if (this.#requestOf(message) === outstanding) {
      this.#deliver(now, outstanding, message);
    }
  }

  #handleReset(now: Instant, message: Message): void {
    const outstanding = this.#byMessageId.get(message.messageId);
    if (outstanding !== undefined) this.#fail(now, outstanding, "reset");
  }

  #handleNon(now: Instant, message: Message): void {
    const outstanding = this.#requestOf(message);
    if (outstanding !== undefined) this.#deliver(now, outstanding, message);
  }

  /** A separate response is acknowledged; any other CON is rejected (RFC 7252 4.2). */
  #handleSeparateCon(now: Instant, datagram: Uint8Array, message: Message): void {
    const outstanding = this.#requestOf(message);
    if (outstanding === undefined) {
      this.#transmitEmpty(now, "RST", message.messageId);
      return;
    }
    const acknowledgement = this.#transmitEmpty(now, "ACK", message.messageId);
    this.#acknowledgements.remember(now, SERVER, copyOf(datagram), acknowledgement);
    this.#deliver(now, outstanding, message);
  }

  /** The request that `message` responds to; none for a response that must be rejected (RFC 7252 5.4.1). */
  #requestOf(message: Message): Outstanding | undefined {
    const { code, token, options } = message;
    if (code === Code.EMPTY || isRequest(code)) return undefined;
    const unknown = options.some(({ number }, index) => isCritical(number) && !isRecognised(options, index));
    return unknown ? undefined : this.#byToken.get(toHex(token));
  }

  #deliver(now: Instant, outstanding: Outstanding, message: Message): void {
    this.#end(outstanding);
    const { requestId, echoRepeatCount } = outstanding;
    const echo = message.code === Code.UNAUTHORIZED ? echoOf(message) : undefined;
    if (echo === undefined || echoRepeatCount >= ECHO_REPEAT_MAX) this.#outlet.response(now, requestId, message);
    else this.#repeat(now, outstanding, echo);
  }

  /** RFC 9175 2.3: the same request with the value that the server asked to see again; a new exchange (RFC 7252 4). */
  #repeat(now: Instant, { requestId, request, echoRepeatCount }: Outstanding, echo: Uint8Array): void {
    this.#send(now, requestId, request, echoRepeatCount + 1, [{ number: OptionNumber.ECHO, value: copyOf(echo) }]);
  }

  #send(
    now: Instant,
    requestId: RequestId,
    request: OutgoingRequest,
    echoRepeatCount: number,
    echo: readonly Option[],
  ): void {
    const confirmable = request.confirmable ?? true;
    const outstanding: Outstanding = {
      requestId,
      request,
      messageId: this.#takeMessageId(),
      token: this.#takeToken(),
      callersTimer: request.timer === "caller",
      echoRepeatCount,
    };
    this.#byRequestId.set(requestId, outstanding);
    this.#byMessageId.set(outstanding.messageId, outstanding);
    this.#byToken.set(toHex(outstanding.token), outstanding);
    const datagram = encodeMessage({
      type: confirmable ? "CON" : "NON",
      code: request.code,
      messageId: outstanding.messageId,
      token: outstanding.token,
      options: optionsOf(request, echo),
      payload: request.payload ?? EMPTY,
    });
    if (outstanding.callersTimer) {
      this.#outlet.transmit(now, datagram);
    } else if (confirmable) {
      this.#retransmitter.start(now, outstanding, datagram, request.ackTimeoutMs);
    } else {
      this.#awaitResponse(now, outstanding);
      this.#outlet.transmit(now, datagram);
    }
  }

  #fail(now: Instant, outstanding: Outstanding, reason: "reset" | "timeout"): void {
    this.#end(outstanding);
    this.#outlet.requestFailed(now, outstanding.requestId, reason);
  }

  #end(outstanding: Outstanding): void {
    this.#retransmitter.stop(outstanding);
    this.#deadlines.delete(outstanding);
    this.#byRequestId.delete(outstanding.requestId);
    this.#byMessageId.delete(outstanding.messageId);
    this.#byToken.delete(toHex(outstanding.token));
  }

  #awaitResponse(now: Instant, outstanding: Outstanding): void {
    this.#deadlines.set(outstanding, addMs(now, this.#responseTimeoutMs));
  }

  #transmitEmpty(now: Instant, type: "ACK" | "RST", messageId: number): Uint8Array {
    const datagram = encodeMessage(emptyMessage(type, messageId));
    this.#outlet.transmit(now, datagram);
    return datagram;
  }

  #takeToken(): Uint8Array {
    const count = this.#tokenCount++;
    const number = this.#tokenStart + Math.imul(count, TOKEN_STRIDE);
    const token = Uint8Array.of(number >> 24, number >> 16, number >> 8, number);
    const shortOnesLeft = count < 2 ** (8 * this.#tokenLength);
    return shortOnesLeft ? token.subarray(LONG_TOKEN_LENGTH - this.#tokenLength) : token;
  }

  #takeMessageId(): number {
    do this.#messageId = (this.#messageId + 1) & 0xffff;
    while (this.#byMessageId.has(this.#messageId));
    return this.#messageId;
  }
}

function optionsOf(request: OutgoingRequest, echo: readonly Option[]): readonly Option[] {
  const { path, queries = [], options = [] } = request;
  return inOrder([
    ...path.map((segment) => stringOption(OptionNumber.URI_PATH, segment)),
    ...queries.map((query) => stringOption(OptionNumber.URI_QUERY, query)),
    ...options,
    ...echo,
  ]);
}
