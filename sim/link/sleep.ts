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
  /** A device wakes up for an update as well. */
  #wakeCount = 1;
  /** Since the present waking; what was before is in #awakeMs. */
  #awakeSince: Instant | undefined;
  #awakeMs = 0;

  constructor(model: SleepModel, random: Prng) {
    this.#model = model;
    this.#random = random;
  }

  get wakeCount(): number {
    return this.#wakeCount;
  }

  /** How long it was or will be awake without anything more, ms. */
  get awakeMs(): number {
    if (this.#awakeSince === undefined || this.#awakeUntil === undefined) return 0;
    return this.#awakeMs + (this.#awakeUntil - this.#awakeSince);
  }

  /** How long it took to wake up again, ms. The first waking, before the first datagram, takes no time here. */
  get wakingMs(): number {
    return (this.#wakeCount - 1) * this.#model.wakeSeconds * 1000;
  }

  /** When a frame may be sent: an uplink wakes the device, a downlink for a sleeping one waits for that (undefined). */
  openAt(now: Instant, direction: Direction): Instant | undefined {
    if (now < this.#wokenAt) return this.#wokenAt;
    if (this.#awakeUntil === undefined || now < this.#awakeUntil) return now;
    if (direction === "down") return undefined;
    this.#awakeMs = this.awakeMs;
    this.#wokenAt = addMs(now, this.#model.wakeSeconds * 1000);
    this.#awakeSince = this.#wokenAt;
    this.#awakeUntil = this.#wokenAt;
    this.touch(this.#wokenAt);
    this.#first.up = true;
    this.#first.down = true;
    this.#wakeCount++;
    return this.#wokenAt;
  }

  /** Something was sent or received until `now`, or begins now. */
  touch(now: Instant): void {
    this.#awakeSince ??= now;
    const until = addMs(now, this.#model.idleSeconds * 1000);
    if (this.#awakeUntil === undefined || until > this.#awakeUntil) this.#awakeUntil = until;
  }

  /** Whether a datagram is lost because it is the first one after a wake-up, besides the usual loss. */
  firstLost(direction: Direction): boolean {
    if (!this.#first[direction] || this.#model.firstLoss === undefined) return false;
    this.#first[direction] = false;
    return this.#random.fraction() < this.#model.firstLoss;
  }
}
