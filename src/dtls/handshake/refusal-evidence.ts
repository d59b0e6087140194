// Whether a server that leaves each Finished without an answer refuses the key. It says so to nobody (a guesser would hear
// it too), and the way may lose what it says. So what counts is how often Finished was sent in vain while other flights
// were answered, and how often those got lost.

import type { Instant } from "../../base/instant.ts";

/** So often a Finished is in vain at least, and so many other flights were answered after the first of these. */
const FINISHED_LEAST = 6;
const ANSWERS_LEAST = 3;

/** A server that cannot read its keys for the moment waits for them for a minute. */
const REFUSAL_LEAST_MS = 75_000;

/** It may be the way's doing with this probability. */
const CHANCE_MAX = 0.001;

export class RefusalEvidence {
  #othersSent = 0;
  #othersAnswered = 0;
  #finishedSent = 0;
  #answeredSince = 0;
  #since: Instant | undefined;

  /** A flight leaves, for the first time or again. */
  sent(now: Instant, holdsFinished: boolean): void {
    if (!holdsFinished) {
      this.#othersSent++;
      return;
    }
    this.#finishedSent++;
    this.#since ??= now;
  }

  /** A flight without Finished was answered. */
  answered(): void {
    this.#othersAnswered++;
    if (this.#since !== undefined) this.#answeredSince++;
  }

  /** A Finished was answered: the server knows the key. */
  established(): void {
    this.#othersSent = 0;
    this.#othersAnswered = 0;
    this.#finishedSent = 0;
    this.#answeredSince = 0;
    this.#since = undefined;
  }

  /** Whether nothing but a refusal explains what was seen. */
  isConclusive(now: Instant): boolean {
    if (this.#since === undefined || now - this.#since < REFUSAL_LEAST_MS) return false;
    if (this.#finishedSent < FINISHED_LEAST || this.#answeredSince < ANSWERS_LEAST) return false;
    return this.#chanceOfLoss() < CHANCE_MAX;
  }

  /**
   * How probable it is that the way lost every Finished, or each of their answers, after what became of the other flights:
   * Laplace's rule of succession, for a few flights say little of a way.
   */
  #chanceOfLoss(): number {
    const lost = Math.max(0, this.#othersSent - this.#othersAnswered);
    let chance = 1;
    for (let i = 0; i < this.#finishedSent; i++) chance *= (lost + 1 + i) / (this.#othersSent + 2 + i);
    return chance;
  }
}
