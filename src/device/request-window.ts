// The requests in the air: when there is room for another, which ones are lost, and when silence means that something has
// to be sent again. Losses are told by what overtakes them, and by the clock only when nothing comes at all. A request that
// is sent again goes out under a Message ID and a token of its own (as QUIC numbers its packets, RFC 9002 4.2), so that an
// answer says which transmission it answers: each one measures the round trip, and Karn's ambiguity does not exist.

import { addMs, type Instant, instant } from "../base/instant.ts";
import { CongestionWindow } from "./congestion-window.ts";
import { LossRate } from "./loss-rate.ts";
import { RoundTrip } from "./round-trip.ts";

/** RFC 9002 6.1.1: a request is lost when the answer to one sent this many transmissions later is there. */
const OVERTAKEN_BY = 3;

/** RFC 9002 6.1.2: or when it was overtaken at all, and its round trip is over by this factor. */
const OVERDUE_FACTOR = 9 / 8;

/**
 * Transmissions of one request whose answers are still waited for: the first half of them, which stand first in a queue that has
 * become longer than the timer, and the latest, which may be the first to get through.
 */
const TRANSMISSIONS_MAX = 8;

/** A long silence is asked into at intervals of this part of it: what is lost at its end is no more. */
const SILENCE_PART = 1 / 32;

interface Transmission {
  readonly id: number;
  readonly sentAt: Instant;
  /** Position in the order of all transmissions. */
  readonly order: number;
}

interface InFlight<Request> {
  readonly request: Request;
  readonly firstSentAt: Instant;
  /** The latest last; never empty. */
  readonly transmissions: Transmission[];
  /** RFC 7252 5.2.2: the server has it, and what is waited for is the server and no longer the link. */
  isAcknowledged: boolean;
}

export interface Answered<Request> {
  readonly request: Request;
  /** From the first transmission, ms. */
  readonly elapsedMs: number;
  /** Its other transmissions, whose answers nobody needs any more. */
  readonly others: readonly number[];
}

export class RequestWindow<Request> {
  readonly roundTrip: RoundTrip;
  readonly #congestion: CongestionWindow;
  readonly #loss = new LossRate();
  readonly #inFlight = new Set<InFlight<Request>>();
  readonly #byId = new Map<number, InFlight<Request>>();
  #transmissionCount = 0;
  #newestAnswered = -1;
  /** The latest sign of life, or the first transmission after a rest. */
  #silentSince = instant(0);
  /** The latest sign of life itself. */
  #livedAt = instant(0);
  #silences = 0;
  #firstSilenceAt = instant(0);

  /** `fixed` requests at a time, or undefined to find how many; `firstTimeoutMs` as in RoundTrip. */
  constructor(fixed: number | undefined, firstTimeoutMs: number) {
    this.roundTrip = new RoundTrip(firstTimeoutMs);
    this.#congestion = new CongestionWindow(fixed);
  }

  get size(): number {
    return this.#inFlight.size;
  }

  get hasRoom(): boolean {
    return this.#inFlight.size < this.#congestion.requests;
  }

  /** Timeouts in a row without any answer, beyond those that are this link's usual losses. */
  get silences(): number {
    return this.#silences;
  }

  /** How many first timeouts ago the first of these was. */
  timeoutsSilent(now: Instant): number {
    return this.#silences === 0 ? 0 : (now - this.#firstSilenceAt) / this.roundTrip.firstTimeoutMs;
  }

  get requests(): readonly Request[] {
    return Array.from(this.#inFlight, ({ request }) => request);
  }

  requestOf(id: number): Request | undefined {
    return this.#byId.get(id)?.request;
  }

  /**
   * When silence has lasted too long; undefined when nothing is in the air. That is a timeout after the oldest request was
   * sent, for answers keep the order of their requests; but half a timeout after the last answer at the earliest, for one
   * that is overtaken is told by that. After a silence in vain, a whole timeout from there.
   */
  get deadline(): Instant | undefined {
    const unheard = this.#unheard;
    if (unheard.length === 0) return undefined;
    const { timeoutMs } = this.roundTrip;
    const silenceMs = this.#silentSince - this.#livedAt;
    if (this.#silences > 0) return addMs(this.#silentSince, Math.max(timeoutMs, SILENCE_PART * silenceMs));
    const oldestSentAt = Math.min(this.#silentSince, ...unheard.map(({ sentAt }) => sentAt));
    return instant(Math.max(oldestSentAt + timeoutMs, this.#silentSince + timeoutMs / 2));
  }

  sent(now: Instant, id: number, request: Request): void {
    if (this.#inFlight.size === 0) {
      this.#silentSince = now;
      this.#livedAt = now;
    }
    const inFlight = { request, firstSentAt: now, transmissions: [], isAcknowledged: false };
    this.#inFlight.add(inFlight);
    this.#transmit(now, id, inFlight);
  }

  /** The request of `id` was sent again, as `newId`. Gives back a transmission that is given up for it, if any. */
  resent(now: Instant, id: number, newId: number): number | undefined {
    const inFlight = this.#byId.get(id);
    if (inFlight === undefined) return undefined;
    this.#transmit(now, newId, inFlight);
    if (inFlight.transmissions.length <= TRANSMISSIONS_MAX) return undefined;
    const [givenUp] = inFlight.transmissions.splice(TRANSMISSIONS_MAX / 2, 1);
    this.#byId.delete(givenUp!.id);
    return givenUp!.id;
  }

  #transmit(now: Instant, id: number, inFlight: InFlight<Request>): void {
    inFlight.transmissions.push({ id, sentAt: now, order: this.#transmissionCount++ });
    this.#byId.set(id, inFlight);
  }

  /** Undefined for a request that is not in the air. */
  answered(now: Instant, id: number): Answered<Request> | undefined {
    const inFlight = this.#byId.get(id);
    if (inFlight === undefined) return undefined;
    // What an acknowledgement has told of the link already, the answer that the server took its time for cannot tell.
    if (inFlight.isAcknowledged) this.#showLife(now);
    else this.#measure(now, id, inFlight);
    const { request, firstSentAt } = inFlight;
    const others = this.forget(id).filter((other) => other !== id);
    return { request, elapsedMs: now - firstSentAt, others };
  }

  /**
   * The server has the request and will answer it when it can (RFC 7252 5.2.2): from here on it is neither lost nor silence,
   * until it is answered or forgotten.
   */
  acknowledged(now: Instant, id: number): void {
    const inFlight = this.#byId.get(id);
    if (inFlight === undefined || inFlight.isAcknowledged) return;
    this.#measure(now, id, inFlight);
    inFlight.isAcknowledged = true;
  }

  /** Something has come back for the transmission `id`. */
  #measure(now: Instant, id: number, inFlight: InFlight<Request>): void {
    const transmission = inFlight.transmissions.find((one) => one.id === id)!;
    this.#showLife(now);
    this.roundTrip.sample(now - transmission.sentAt);
    this.#newestAnswered = Math.max(this.#newestAnswered, transmission.order);
    const wasUnanswered = this.#loss.answered(transmission.order);
    if (!wasUnanswered && transmission !== latestOf(inFlight)) this.#loss.wasLate();
    this.#congestion.answered(this.roundTrip);
  }

  #showLife(now: Instant): void {
    this.#silentSince = now;
    this.#livedAt = now;
    this.#silences = 0;
  }

  /** The latest transmission of each request that nothing has come back for. */
  get #unheard(): readonly Transmission[] {
    return Array.from(this.#inFlight)
      .filter(({ isAcknowledged }) => !isAcknowledged)
      .map(latestOf);
  }

  /**
   * One request that others have overtaken; the caller sends it again. Undefined when there is none. A loss that the request
   * itself explains says nothing of the link (RFC 8899 3: that of a probe is no congestion).
   */
  takeOvertaken(now: Instant, isExplained: (request: Request) => boolean = () => false): number | undefined {
    const { smoothedMs } = this.roundTrip;
    for (const inFlight of this.#inFlight) {
      const { id, order, sentAt } = latestOf(inFlight);
      if (order >= this.#newestAnswered || inFlight.isAcknowledged) continue;
      const overdue = smoothedMs !== undefined && now - sentAt > OVERDUE_FACTOR * smoothedMs;
      if (order + OVERTAKEN_BY > this.#newestAnswered && !overdue) continue;
      if (isExplained(inFlight.request)) return id;
      this.#loss.lost();
      this.#congestion.lost(this.roundTrip);
      return id;
    }
    return undefined;
  }

  /**
   * What to send again because nothing came for too long. Where that is no more than this link's usual loss, all that is
   * overdue, and nothing else changes. Else the oldest request, and after a first probe in vain the two oldest, for a probe
   * may get lost as well (RFC 9002 6.2.4).
   */
  takeSilent(now: Instant): readonly number[] {
    const { deadline } = this;
    if (deadline === undefined || now < deadline) return [];
    this.#silentSince = now;
    const oldestFirst = this.#unheard.toSorted((a, b) => a.order - b.order);
    const overdueMs = OVERDUE_FACTOR * (this.roundTrip.smoothedMs ?? 0);
    const overdue = oldestFirst.filter(({ sentAt }, i) => i === 0 || now - sentAt > overdueMs);
    this.#loss.unanswered(overdue.map(({ order }) => order));
    if (this.#loss.isSilentByChance) return overdue.map(({ id }) => id);
    if (this.#silences === 0) this.#firstSilenceAt = now;
    this.#silences++;
    this.roundTrip.backOff();
    this.#congestion.collapsed();
    return oldestFirst.slice(0, this.#silences === 1 ? 1 : 2).map(({ id }) => id);
  }

  /** Gives back all transmissions of the request. */
  forget(id: number): readonly number[] {
    const inFlight = this.#byId.get(id);
    if (inFlight === undefined) return [];
    this.#inFlight.delete(inFlight);
    const ids = inFlight.transmissions.map((transmission) => transmission.id);
    for (const each of ids) this.#byId.delete(each);
    return ids;
  }

  /** Nothing is in the air any more: the association or the server is another one. What was learned of the link stays. */
  clear(): void {
    this.#inFlight.clear();
    this.#byId.clear();
    this.#newestAnswered = -1;
    this.#silences = 0;
    this.#loss.forgetSilence();
  }
}

function latestOf(inFlight: InFlight<unknown>): Transmission {
  return inFlight.transmissions.at(-1)!;
}
