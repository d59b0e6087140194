// A device that falls asleep when it is idle: RRC idle, PSM. Its next uplink pays for the wake-up; until then the network
// keeps what it has for it.

import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import type { Prng } from "../prng.ts";
import type { Direction, LinkProfile } from "../profiles/profile.ts";

type SleepModel = NonNullable<LinkProfile["sleep"]>;

export class Sleep {
  readonly #model: SleepModel;
  readonly #random: Prng;
  /** A device is awake, and registered, when its first datagram comes. */
  #awakeUntil: Instant | undefined;
  #wokenAt = instant(Number.NEGATIVE_INFINITY);
  readonly #first = { up: false, down: false };
  #wakeCount = 0;

  constructor(model: SleepModel, random: Prng) {
    this.#model = model;
    this.#random = random;
  }

  get wakeCount(): number {
    return this.#wakeCount;
  }

  /** When a frame may be sent: an uplink wakes the device, a downlink for a sleeping one waits for that (undefined). */
  openAt(now: Instant, direction: Direction): Instant | undefined {
    if (now < this.#wokenAt) return this.#wokenAt;
    if (this.#awakeUntil === undefined || now < this.#awakeUntil) return now;
    if (direction === "down") return undefined;
    this.#wokenAt = addMs(now, this.#model.wakeSeconds * 1000);
    this.touch(this.#wokenAt);
    this.#first.up = true;
    this.#first.down = true;
    this.#wakeCount++;
    return this.#wokenAt;
  }

  /** Something was sent or received until `now`. */
  touch(now: Instant): void {
    const until = addMs(now, this.#model.idleSeconds * 1000);
    if (this.#awakeUntil === undefined || until > this.#awakeUntil) this.#awakeUntil = until;
  }

  /** Whether the first datagram after a wake-up is lost, which it may be in place of the usual loss; else undefined. */
  firstLost(direction: Direction): boolean | undefined {
    if (!this.#first[direction] || this.#model.firstLoss === undefined) return undefined;
    this.#first[direction] = false;
    return this.#random.fraction() < this.#model.firstLoss;
  }
}
