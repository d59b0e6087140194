// Requests whose answer is not there yet. An answer that comes soon is piggybacked all the same (RFC 7252 5.2.1): some clients
// take nothing else. Only after a delay is the request acknowledged by an empty ACK, which promises a separate response
// (5.2.2). Repetitions of a request that waits are absorbed (4.5).

import { equal } from "../base/bytes.ts";
import { DeadlineQueue } from "../base/deadline-queue.ts";
import { addMs, type Instant } from "../base/instant.ts";
import { ENTRY_OVERHEAD_LENGTH, PIGGYBACK_DELAY_MAX_MS, WAITING_LIFETIME_MS } from "./parameters.ts";
import type { Question } from "./question.ts";
import type { Request } from "./request.ts";
import type { Response } from "./response.ts";

export interface WaitingRequestsLimits {
  /** Requests of one association. */
  readonly countMax: number;
  /** Bytes over all associations, ENTRY_OVERHEAD_LENGTH for each request included. */
  readonly lengthMax: number;
}

export class WaitingRequest<Association> {
  /** Shares no memory with a datagram buffer. With Block1, the whole of it once that is gathered. */
  request: Request<Association>;
  /** When nobody waits for the answer any more. */
  readonly expiresAt: Instant;
  /** Whether an empty ACK went out: the answer has to be a separate response. */
  acknowledged = false;
  /** What it waits for; undefined where that is no question. */
  question: Question | undefined;
  /** What the handler has answered already, where only the bytes of a body are missing. */
  response: Response | undefined;

  constructor(now: Instant, request: Request<Association>) {
    this.request = request;
    this.expiresAt = addMs(now, WAITING_LIFETIME_MS);
  }

  /** Bytes, overhead included. */
  get length(): number {
    const { message, payload } = this.request;
    return message.bytes.length + payload.length + ENTRY_OVERHEAD_LENGTH;
  }
}

export class WaitingRequests<Association> {
  readonly #limits: WaitingRequestsLimits;
  /** In order of arrival. */
  readonly #byAssociation = new Map<Association, Set<WaitingRequest<Association>>>();
  readonly #byQuestion = new Map<string, Set<WaitingRequest<Association>>>();
  readonly #deadlines = new DeadlineQueue<WaitingRequest<Association>>();
  #total = 0;
  #length = 0;

  constructor(limits: WaitingRequestsLimits) {
    this.#limits = limits;
  }

  /** Requests over all associations. */
  get total(): number {
    return this.#total;
  }

  /** Bytes, overhead included. */
  get length(): number {
    return this.#length;
  }

  get questionCount(): number {
    return this.#byQuestion.size;
  }

  /** The request that came as the very same datagram, if it waits. */
  findDatagram(association: Association, datagram: Uint8Array): WaitingRequest<Association> | undefined {
    return this.#find(association, ({ request }) => equal(request.message.bytes, datagram));
  }

  findRequest(request: Request<Association>): WaitingRequest<Association> | undefined {
    return this.#find(request.association, (waiting) => waiting.request === request);
  }

  /** False when a limit is reached, and it is not taken. */
  add(now: Instant, waiting: WaitingRequest<Association>): boolean {
    const { association } = waiting.request;
    const own = this.#byAssociation.get(association);
    if ((own?.size ?? 0) >= this.#limits.countMax) return false;
    if (this.#length + waiting.length > this.#limits.lengthMax) return false;
    if (own === undefined) this.#byAssociation.set(association, new Set([waiting]));
    else own.add(waiting);
    this.#total++;
    this.#length += waiting.length;
    this.#deadlines.set(waiting, addMs(now, PIGGYBACK_DELAY_MAX_MS));
    return true;
  }

  /** One that was added waits for this question now; whether it is the first to do so. */
  ask(waiting: WaitingRequest<Association>, question: Question): boolean {
    waiting.question = question;
    const others = this.#byQuestion.get(question.question);
    if (others === undefined) this.#byQuestion.set(question.question, new Set([waiting]));
    else others.add(waiting);
    return others === undefined;
  }

  /** Those that wait for this question, which is no longer asked; they stay in the table. */
  takeAsking(question: string): readonly WaitingRequest<Association>[] {
    const asking = [...(this.#byQuestion.get(question) ?? [])];
    for (const waiting of asking) this.#unask(waiting);
    return asking;
  }

  /** The request of `waiting` as it is once its body was gathered. */
  replace(waiting: WaitingRequest<Association>, whole: Request<Association>): void {
    this.#length -= waiting.length;
    waiting.request = whole;
    this.#length += waiting.length;
  }

  remove(waiting: WaitingRequest<Association>): void {
    const { association } = waiting.request;
    const own = this.#byAssociation.get(association);
    if (own === undefined || !own.delete(waiting)) return;
    if (own.size === 0) this.#byAssociation.delete(association);
    this.#total--;
    this.#length -= waiting.length;
    this.#deadlines.delete(waiting);
    this.#unask(waiting);
  }

  forget(association: Association): void {
    for (const waiting of this.#byAssociation.get(association) ?? []) this.remove(waiting);
  }

  /** One whose delay is over or that nobody waits for any more: it stays until it is removed, and is due again then. */
  takeDue(now: Instant): WaitingRequest<Association> | undefined {
    const waiting = this.#deadlines.takeDue(now);
    if (waiting !== undefined && waiting.expiresAt > now) this.#deadlines.set(waiting, waiting.expiresAt);
    return waiting;
  }

  pollTimeout(): Instant | undefined {
    return this.#deadlines.earliest;
  }

  #find(
    association: Association,
    isWanted: (waiting: WaitingRequest<Association>) => boolean,
  ): WaitingRequest<Association> | undefined {
    for (const waiting of this.#byAssociation.get(association) ?? []) if (isWanted(waiting)) return waiting;
    return undefined;
  }

  #unask(waiting: WaitingRequest<Association>): void {
    if (waiting.question === undefined) return;
    const name = waiting.question.question;
    const asking = this.#byQuestion.get(name);
    asking?.delete(waiting);
    if (asking?.size === 0) this.#byQuestion.delete(name);
    waiting.question = undefined;
  }
}
