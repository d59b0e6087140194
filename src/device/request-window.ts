// The requests in the air: when there is room for another, which ones are lost, and when silence means that something has
// to be sent again. Losses are told by what overtakes them, and by the clock only when nothing comes at all.

import { addMs, type Instant, instant } from "../base/instant.ts";
import { CongestionWindow } from "./congestion-window.ts";
import { RoundTrip } from "./round-trip.ts";

/** RFC 9002 6.1.1: a request is lost when the answer to one sent this many transmissions later is there. */
const OVERTAKEN_BY = 3;

/** RFC 9002 6.1.2: or when it was overtaken at all, and its round trip is over by this factor. */
const OVERDUE_FACTOR = 9 / 8;

interface InFlight<Request> {
  readonly request: Request;
  readonly firstSentAt: Instant;
  lastSentAt: Instant;
  /** Position in the order of all transmissions. */
  transmission: number;
  transmissions: number;
}

export interface Answered<Request> {
  readonly request: Request;
  /** From the first transmission, ms. */
  readonly elapsedMs: number;
  readonly transmissions: number;
}

export class RequestWindow<Request> {
  readonly roundTrip: RoundTrip;
  readonly #congestion: CongestionWindow;
  readonly #inFlight = new Map<number, InFlight<Request>>();
  #transmission = 0;
  #newestAnswered = -1;
  /** The latest sign of life, or the first transmission after a rest. */
  #silentSince = instant(0);
  #silences = 0;

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

  /** Timeouts in a row without any answer. */
  get silences(): number {
    return this.#silences;
  }

  get requests(): readonly Request[] {
    return Array.from(this.#inFlight.values(), ({ request }) => request);
  }

  requestOf(id: number): Request | undefined {
    return this.#inFlight.get(id)?.request;
  }

  /**
   * When silence has lasted too long; undefined when nothing is in the air. That is a timeout after the oldest request was
   * sent, for answers keep the order of their requests; but half a timeout after the last answer at the earliest, for one
   * that is overtaken is told by that. After a silence in vain, a whole timeout from there.
   */
  get deadline(): Instant | undefined {
    if (this.#inFlight.size === 0) return undefined;
    const { timeoutMs } = this.roundTrip;
    if (this.#silences > 0) return addMs(this.#silentSince, timeoutMs);
    const oldestSentAt = Math.min(
      this.#silentSince,
      ...Array.from(this.#inFlight.values(), ({ lastSentAt }) => lastSentAt),
    );
    return instant(Math.max(oldestSentAt + timeoutMs, this.#silentSince + timeoutMs / 2));
  }

  sent(now: Instant, id: number, request: Request): void {
    if (this.#inFlight.size === 0) this.#silentSince = now;
    const transmission = this.#transmission++;
    this.#inFlight.set(id, { request, firstSentAt: now, lastSentAt: now, transmission, transmissions: 1 });
  }

  resent(now: Instant, id: number): void {
    const inFlight = this.#inFlight.get(id);
    if (inFlight === undefined) return;
    inFlight.lastSentAt = now;
    inFlight.transmission = this.#transmission++;
    inFlight.transmissions++;
  }

  /** Undefined for a request that is not in the air. */
  answered(now: Instant, id: number): Answered<Request> | undefined {
    const inFlight = this.#inFlight.get(id);
    if (inFlight === undefined) return undefined;
    this.#inFlight.delete(id);
    this.#silentSince = now;
    this.#silences = 0;
    const { request, firstSentAt, lastSentAt, transmissions, transmission } = inFlight;
    const elapsedMs = now - firstSentAt;
    this.#measure(elapsedMs, now - lastSentAt, transmissions, transmission);
    this.#congestion.answered(this.roundTrip);
    return { request, elapsedMs, transmissions };
  }

  /**
   * Karn's rule: which copy was answered is unknown. But an answer that comes sooner after the last copy than any round
   * trip ever was belongs to an earlier one: the timer was too short for this link, and nothing was overtaken.
   */
  #measure(elapsedMs: number, sinceLastMs: number, transmissions: number, transmission: number): void {
    if (transmissions === 1) this.roundTrip.sample(elapsedMs);
    else if (sinceLastMs < this.roundTrip.minMs) return this.roundTrip.slowSample(elapsedMs);
    else this.roundTrip.settle();
    this.#newestAnswered = Math.max(this.#newestAnswered, transmission);
  }

  /** One request that others have overtaken; the caller sends it again. Undefined when there is none. */
  takeOvertaken(now: Instant): number | undefined {
    const { smoothedMs } = this.roundTrip;
    for (const [id, { transmission, lastSentAt }] of this.#inFlight) {
      if (transmission >= this.#newestAnswered) continue;
      const overdue = smoothedMs !== undefined && now - lastSentAt > OVERDUE_FACTOR * smoothedMs;
      if (transmission + OVERTAKEN_BY > this.#newestAnswered && !overdue) continue;
      this.#congestion.lost();
      return id;
    }
    return undefined;
  }

  /**
   * What to send again because nothing came for too long: the oldest request, and after a first probe in vain the two
   * oldest, for a probe may get lost as well (RFC 9002 6.2.4).
   */
  takeSilent(now: Instant): readonly number[] {
    const { deadline } = this;
    if (deadline === undefined || now < deadline) return [];
    this.#silences++;
    this.#silentSince = now;
    this.roundTrip.backOff();
    this.#congestion.collapsed();
    const oldestFirst = [...this.#inFlight].sort(([, a], [, b]) => a.transmission - b.transmission);
    return oldestFirst.slice(0, this.#silences === 1 ? 1 : 2).map(([id]) => id);
  }

  forget(id: number): void {
    this.#inFlight.delete(id);
  }

  /** Nothing is in the air any more: the association or the server is another one. What was learned of the link stays. */
  clear(): void {
    this.#inFlight.clear();
    this.#newestAnswered = -1;
    this.#silences = 0;
  }
}
