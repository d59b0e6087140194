// Spells in which a link carries nothing: a radio link that failed, a cell search, a dropped connection. What waits to be
// sent goes on waiting, so an outage shows as a late datagram or, when the queue runs over or gets old, as a lost one.

import type * as v from "valibot";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import type { Prng } from "../prng.ts";
import { group, positiveSeconds } from "../profiles/figure.ts";

/** Both spans are exponentially distributed. */
export const outageSchema = group({ meanOutageSeconds: positiveSeconds, meanBetweenSeconds: positiveSeconds });

export type OutageModel = v.InferOutput<typeof outageSchema>;

export class OutageProcess {
  readonly #model: OutageModel;
  readonly #random: Prng;
  #beginsAt: Instant;
  #endsAt: Instant;

  constructor(model: OutageModel, random: Prng) {
    this.#model = model;
    this.#random = random;
    this.#beginsAt = instant(random.exponential(model.meanBetweenSeconds * 1000));
    this.#endsAt = addMs(this.#beginsAt, random.exponential(model.meanOutageSeconds * 1000));
  }

  /** `now`, or the end of the outage that `now` falls into; `now` never goes back. */
  openAt(now: Instant): Instant {
    while (this.#endsAt <= now) {
      this.#beginsAt = addMs(this.#endsAt, this.#random.exponential(this.#model.meanBetweenSeconds * 1000));
      this.#endsAt = addMs(this.#beginsAt, this.#random.exponential(this.#model.meanOutageSeconds * 1000));
    }
    return now < this.#beginsAt ? now : this.#endsAt;
  }
}

/** The share of the time that a link is out. */
export function outageShare({ meanOutageSeconds, meanBetweenSeconds }: OutageModel): number {
  return meanOutageSeconds / (meanOutageSeconds + meanBetweenSeconds);
}
