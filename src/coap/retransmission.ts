// Reliable transmission (RFC 7252 4.2): a CON is sent again with a doubled timeout until it is answered or given up.

import { DeadlineQueue } from "../base/deadline-queue.ts";
import type { Deadlined } from "../base/deadlined.ts";
import { addMs, type Instant } from "../base/instant.ts";
import { type RandomSource, randomFraction } from "../base/random-source.ts";
import type { TransmissionParameters } from "./parameters.ts";

/** Where one CON stands in its back-off. */
export interface Backoff {
  /** From the latest transmission to `deadline`. */
  readonly timeoutMs: number;
  readonly deadline: Instant;
  readonly retransmitCount: number;
}

/** For a first transmission at `now`: between ACK_TIMEOUT and ACK_TIMEOUT * ACK_RANDOM_FACTOR. */
export function firstBackoff(now: Instant, random: RandomSource, parameters: TransmissionParameters): Backoff {
  const { ackTimeoutMs, ackRandomFactor } = parameters;
  const timeoutMs = ackTimeoutMs * (1 + (ackRandomFactor - 1) * randomFraction(random));
  return { timeoutMs, deadline: addMs(now, timeoutMs), retransmitCount: 0 };
}

/** For a retransmission at `now`; undefined when MAX_RETRANSMIT of them were in vain. */
export function nextBackoff(now: Instant, backoff: Backoff, parameters: TransmissionParameters): Backoff | undefined {
  if (backoff.retransmitCount >= parameters.maxRetransmit) return undefined;
  const timeoutMs = 2 * backoff.timeoutMs;
  return { timeoutMs, deadline: addMs(now, timeoutMs), retransmitCount: backoff.retransmitCount + 1 };
}

export interface RetransmitterOutlet<Owner> {
  transmit(now: Instant, owner: Owner, datagram: Uint8Array): void;
  /** No answer came; the owner is no longer retransmitted for. */
  gaveUp(now: Instant, owner: Owner): void;
}

interface Transmission {
  readonly datagram: Uint8Array;
  backoff: Backoff;
}

/** Retransmits for many owners, each with at most one CON at a time. */
export class Retransmitter<Owner> implements Deadlined {
  readonly #outlet: RetransmitterOutlet<Owner>;
  readonly #random: RandomSource;
  readonly #parameters: TransmissionParameters;
  readonly #transmissions = new Map<Owner, Transmission>();
  readonly #deadlines = new DeadlineQueue<Owner>();
  #retransmitCount = 0;

  constructor(outlet: RetransmitterOutlet<Owner>, random: RandomSource, parameters: TransmissionParameters) {
    this.#outlet = outlet;
    this.#random = random;
    this.#parameters = parameters;
  }

  /** Retransmissions so far, over all owners. */
  get retransmitCount(): number {
    return this.#retransmitCount;
  }

  /** Transmits `datagram`, now and until stop(owner). `ackTimeoutMs` in place of the parameters' where it is given. */
  start(now: Instant, owner: Owner, datagram: Uint8Array, ackTimeoutMs = this.#parameters.ackTimeoutMs): void {
    const backoff = firstBackoff(now, this.#random, { ...this.#parameters, ackTimeoutMs });
    this.#transmissions.set(owner, { datagram, backoff });
    this.#deadlines.set(owner, backoff.deadline);
    this.#outlet.transmit(now, owner, datagram);
  }

  /** Does nothing when nothing is transmitted for `owner`. */
  stop(owner: Owner): void {
    this.#transmissions.delete(owner);
    this.#deadlines.delete(owner);
  }

  handleTimeout(now: Instant): void {
    for (let owner = this.#deadlines.takeDue(now); owner !== undefined; owner = this.#deadlines.takeDue(now)) {
      const transmission = this.#transmissions.get(owner)!;
      const backoff = nextBackoff(now, transmission.backoff, this.#parameters);
      if (backoff === undefined) {
        this.#transmissions.delete(owner);
        this.#outlet.gaveUp(now, owner);
        continue;
      }
      transmission.backoff = backoff;
      this.#deadlines.set(owner, backoff.deadline);
      this.#retransmitCount++;
      this.#outlet.transmit(now, owner, transmission.datagram);
    }
  }

  pollTimeout(): Instant | undefined {
    return this.#deadlines.earliest;
  }
}
