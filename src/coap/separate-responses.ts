// Confirmable separate responses (RFC 7252 5.2.2) of a server: of each association one is in flight, which is NSTART
// (4.7), and the others wait for their turn.

import type { Deadlined } from "../base/deadlined.ts";
import type { Instant } from "../base/instant.ts";
import type { RandomSource } from "../base/random-source.ts";
import { DEFAULT_TRANSMISSION_PARAMETERS } from "./parameters.ts";
import { Retransmitter } from "./retransmission.ts";

interface SeparateResponse {
  readonly messageId: number;
  readonly datagram: Uint8Array;
}

/** The first one is in flight. */
type Queue = [SeparateResponse, ...SeparateResponse[]];

export interface SeparateResponsesOutlet<Association> {
  transmit(now: Instant, association: Association, datagram: Uint8Array): void;
  /** RFC 7252 4.2: MAX_RETRANSMIT retransmissions had no answer. */
  gaveUp(now: Instant, association: Association): void;
}

export interface SeparateResponsesLimits {
  /** Responses in flight and waiting, of one association. */
  readonly countMax: number;
  /** The same over all associations. */
  readonly totalMax: number;
}

export class SeparateResponses<Association> implements Deadlined {
  readonly #limits: SeparateResponsesLimits;
  readonly #retransmitter: Retransmitter<Association>;
  readonly #queues = new Map<Association, Queue>();
  #total = 0;

  constructor(limits: SeparateResponsesLimits, outlet: SeparateResponsesOutlet<Association>, random: RandomSource) {
    this.#limits = limits;
    this.#retransmitter = new Retransmitter(
      {
        transmit: (now, association, datagram) => outlet.transmit(now, association, datagram),
        gaveUp: (now, association) => {
          this.#advance(now, association);
          outlet.gaveUp(now, association);
        },
      },
      random,
      DEFAULT_TRANSMISSION_PARAMETERS,
    );
  }

  /** Responses in flight and waiting, over all associations. */
  get total(): number {
    return this.#total;
  }

  /** Sends a CON now or in its turn; false when a limit is reached and it is dropped. */
  send(now: Instant, association: Association, messageId: number, datagram: Uint8Array): boolean {
    const queue = this.#queues.get(association);
    if (this.#total >= this.#limits.totalMax || (queue?.length ?? 0) >= this.#limits.countMax) return false;
    this.#total++;
    if (queue !== undefined) {
      queue.push({ messageId, datagram });
      return true;
    }
    this.#queues.set(association, [{ messageId, datagram }]);
    this.#retransmitter.start(now, association, datagram);
    return true;
  }

  /** An ACK or RST came; false when it belongs to nothing that is in flight. */
  settle(now: Instant, association: Association, messageId: number): boolean {
    if (this.#queues.get(association)?.[0].messageId !== messageId) return false;
    this.#retransmitter.stop(association);
    this.#advance(now, association);
    return true;
  }

  forget(association: Association): void {
    this.#total -= this.#queues.get(association)?.length ?? 0;
    this.#queues.delete(association);
    this.#retransmitter.stop(association);
  }

  handleTimeout(now: Instant): void {
    this.#retransmitter.handleTimeout(now);
  }

  pollTimeout(): Instant | undefined {
    return this.#retransmitter.pollTimeout();
  }

  #advance(now: Instant, association: Association): void {
    const [, next, ...others] = this.#queues.get(association)!;
    this.#total--;
    if (next === undefined) {
      this.#queues.delete(association);
      return;
    }
    this.#queues.set(association, [next, ...others]);
    this.#retransmitter.start(now, association, next.datagram);
  }
}
