// One channel that carries one frame at a time: a half-duplex radio, a LoRa gateway, a mesh, a cell. Several links may
// share one. Frames get the channel in the order in which they ask for it, each at the end of those before it.

import { addMs, type Instant, instant } from "../../src/base/instant.ts";

export class SharedMedium {
  readonly #freeAt: Instant[];
  #networkTurnAt = instant(Number.NEGATIVE_INFINITY);
  /** LoRaWAN class A: until when the network keeps silent in the band of uplinks, where the first windows are. */
  firstWindowSilentUntil = instant(Number.NEGATIVE_INFINITY);

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

  /**
   * The next turn that the duty cycle of the network's own transmitter leaves; the one after comes `periodMs` later. Turns
   * are given out one by one, so that of many links that wait each is woken once. (A device's duty cycle is its link's.)
   */
  takeNetworkTurn(now: Instant, periodMs: number): Instant {
    const turn = this.#networkTurnAt > now ? this.#networkTurnAt : now;
    this.#networkTurnAt = addMs(turn, periodMs);
    return turn;
  }

  /** A frame that began later than its turn pushes on the turns that nobody has yet. */
  silenceNetworkUntil(until: Instant): void {
    if (until > this.#networkTurnAt) this.#networkTurnAt = until;
  }

  #firstFree(): number {
    let first = 0;
    for (let i = 1; i < this.#freeAt.length; i++) if (this.#freeAt[i]! < this.#freeAt[first]!) first = i;
    return first;
  }
}
