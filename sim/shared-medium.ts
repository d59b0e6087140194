// One channel that carries one frame at a time: a half-duplex radio, a LoRa gateway, a mesh, a cell. Several links may
// share one. Frames get the channel in the order in which they ask for it, each at the end of those before it.

import type { Instant } from "../src/base/instant.ts";
import { instant } from "../src/base/instant.ts";

export class SharedMedium {
  readonly #freeAt: Instant[];
  /** Until when the network's own transmitter keeps its duty cycle; the devices' is each link's own. */
  networkSilentUntil: Instant = instant(Number.NEGATIVE_INFINITY);

  /** `channelCount` frames at a time, such as the downloads that a cell serves side by side. */
  constructor(channelCount = 1) {
    this.#freeAt = new Array<Instant>(channelCount).fill(instant(Number.NEGATIVE_INFINITY));
  }

  /** The earliest instant from `now` on at which a frame may begin. */
  freeAt(now: Instant): Instant {
    const free = this.#freeAt[this.#firstFree()]!;
    return free > now ? free : now;
  }

  /** Takes the channel that is free first, until `until`. */
  occupy(until: Instant): void {
    this.#freeAt[this.#firstFree()] = until;
  }

  #firstFree(): number {
    let first = 0;
    for (let i = 1; i < this.#freeAt.length; i++) if (this.#freeAt[i]! < this.#freeAt[first]!) first = i;
    return first;
  }
}
