// How many bytes of answers a second leave, to one association and to all of them: token buckets that hold a second's worth.
// Whoever has to wait takes turns with the others that wait, one answer each, so that nobody who asks much keeps the rest
// from asking.

import { DeadlineQueue } from "../base/deadline-queue.ts";
import type { Deadlined } from "../base/deadlined.ts";
import { addMs, earliest, type Instant, instant } from "../base/instant.ts";
import { EXPIRY_SLACK_MS, RATED_ASSOCIATIONS_MAX } from "./parameters.ts";

/** What an association may get at once after a rest, in ms of its rate. */
const BURST_MS = 1_000;

/** Bytes a second; no limit where absent. */
export interface AnswerRateLimits {
  readonly perAssociation?: number;
  readonly total?: number;
}

/** One bucket, known by when its debt is paid: until then nothing is to be had from it. */
function paidAfter(paidAt: Instant | undefined, now: Instant, length: number, rate: number): Instant {
  const fullest = instant(now - BURST_MS);
  const from = paidAt === undefined || paidAt < fullest ? fullest : paidAt;
  return instant(from + (1_000 * length) / rate);
}

export class AnswerRates<Association, Waiting> implements Deadlined {
  readonly #limits: AnswerRateLimits;
  readonly #turn: (now: Instant, waiting: Waiting) => void;
  #totalPaidAt: Instant | undefined;
  /** In the order of their last answers; who is not here has a full bucket. */
  readonly #paidAt = new Map<Association, Instant>();
  /** In order of arrival; none is empty. */
  readonly #queues = new Map<Association, Waiting[]>();
  /** Those that wait for the bucket of all only, in the order of their turns. */
  readonly #ready = new Set<Association>();
  /** Those that wait for their own bucket. */
  readonly #indebted = new DeadlineQueue<Association>();

  /** `turn` is told of each one whose turn has come; its answer is to be debited before the call returns. */
  constructor(limits: AnswerRateLimits, turn: (now: Instant, waiting: Waiting) => void) {
    this.#limits = limits;
    this.#turn = turn;
  }

  /** Associations whose buckets are not full. */
  get associationCount(): number {
    return this.#paidAt.size;
  }

  /** Whether an answer may go to `association` now, ahead of nobody. */
  admits(now: Instant, association: Association): boolean {
    return (
      this.#ready.size === 0 &&
      this.#isTotalPaid(now) &&
      !this.#queues.has(association) &&
      this.#isPaid(now, association)
    );
  }

  /** An answer of so many bytes left. */
  debit(now: Instant, association: Association, length: number): void {
    const { perAssociation, total } = this.#limits;
    if (total !== undefined) this.#totalPaidAt = paidAfter(this.#totalPaidAt, now, length, total);
    if (perAssociation === undefined) return;
    const paidAt = paidAfter(this.#paidAt.get(association), now, length, perAssociation);
    this.#paidAt.delete(association);
    this.#paidAt.set(association, paidAt);
    if (this.#paidAt.size > RATED_ASSOCIATIONS_MAX) this.#paidAt.delete(this.#paidAt.keys().next().value!);
  }

  enqueue(now: Instant, association: Association, waiting: Waiting): void {
    const queue = this.#queues.get(association);
    if (queue !== undefined) {
      queue.push(waiting);
      return;
    }
    this.#queues.set(association, [waiting]);
    this.#line(now, association);
  }

  /** One that was enqueued is not waited for any more. */
  remove(association: Association, waiting: Waiting): void {
    const queue = this.#queues.get(association);
    const at = queue?.indexOf(waiting) ?? -1;
    if (queue === undefined || at < 0) return;
    queue.splice(at, 1);
    if (queue.length === 0) this.#unline(association);
  }

  /** The debt of an association that ended is forgotten as well. */
  forget(association: Association): void {
    this.#unline(association);
    this.#paidAt.delete(association);
  }

  handleTimeout(now: Instant): void {
    for (const [association, paidAt] of this.#paidAt) {
      if (paidAt > now - BURST_MS) break;
      this.#paidAt.delete(association);
    }
    for (let next = this.#take(now); next !== undefined; next = this.#take(now)) this.#turn(now, next);
  }

  pollTimeout(): Instant | undefined {
    const turn = this.#ready.size === 0 ? undefined : (this.#totalPaidAt ?? instant(0));
    const [oldest] = this.#paidAt.values();
    const full = oldest === undefined ? undefined : addMs(oldest, BURST_MS + EXPIRY_SLACK_MS);
    return earliest(full, earliest(turn, this.#indebted.earliest));
  }

  #take(now: Instant): Waiting | undefined {
    for (let due = this.#indebted.takeDue(now); due !== undefined; due = this.#indebted.takeDue(now))
      this.#line(now, due);
    if (!this.#isTotalPaid(now)) return undefined;
    for (const association of this.#ready) {
      this.#ready.delete(association);
      // An answer that was there already may have made a debt meanwhile.
      if (!this.#isPaid(now, association)) {
        this.#line(now, association);
        continue;
      }
      const queue = this.#queues.get(association)!;
      const waiting = queue.shift();
      if (queue.length === 0) this.#queues.delete(association);
      else this.#ready.add(association);
      return waiting;
    }
    return undefined;
  }

  #isTotalPaid(now: Instant): boolean {
    return this.#totalPaidAt === undefined || this.#totalPaidAt <= now;
  }

  #isPaid(now: Instant, association: Association): boolean {
    const paidAt = this.#paidAt.get(association);
    return paidAt === undefined || paidAt <= now;
  }

  #line(now: Instant, association: Association): void {
    if (this.#isPaid(now, association)) this.#ready.add(association);
    else this.#indebted.set(association, this.#paidAt.get(association)!);
  }

  #unline(association: Association): void {
    this.#queues.delete(association);
    this.#ready.delete(association);
    this.#indebted.delete(association);
  }
}
