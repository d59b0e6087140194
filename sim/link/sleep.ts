// A device that falls asleep when it is idle: RRC idle, then PSM. Its next uplink pays for the wake-up; until then the
// network keeps what it has for it, or pages the device while that still listens at times.

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
  /** The paging occasion that begins the present waking; an uplink that comes before it need not wait for it. */
  #pagedAt = instant(Number.NEGATIVE_INFINITY);
  /** Where in the paging cycle the device's occasions lie, as a share of it. */
  readonly #phase: number;
  readonly #first = { up: false, down: false };
  /** A device wakes up for an update as well. */
  #wakeCount = 1;
  /** Since the present waking; what was before is in #awakeMs. */
  #awakeSince: Instant | undefined;
  #awakeMs = 0;

  constructor(model: SleepModel, random: Prng) {
    this.#model = model;
    this.#random = random;
    this.#phase = model.paging === undefined ? 0 : random.fork("paging").fraction();
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

  /** When a frame may be sent: an uplink wakes the device, a downlink to a sleeping one waits for that or for paging. */
  openAt(now: Instant, direction: Direction): Instant | undefined {
    const hastens = direction === "up" && now < this.#pagedAt;
    if (now < this.#wokenAt && !hastens) return this.#wokenAt;
    if (!hastens && (this.#awakeUntil === undefined || now < this.#awakeUntil)) return now;
    if (hastens) return this.#hasten(now);
    if (direction === "up") return this.#wake(now);
    const occasion = this.#nextOccasion(now, this.#awakeUntil!);
    if (occasion === undefined) return undefined;
    this.#pagedAt = occasion;
    return this.#wake(occasion);
  }

  /** The device begins to wake up at `from`. */
  #wake(from: Instant): Instant {
    this.#awakeMs = this.awakeMs;
    this.#wakeCount++;
    this.#first.up = true;
    this.#first.down = true;
    return this.#wakeAt(addMs(from, this.#model.wakeSeconds * 1000));
  }

  /** It was to wake up at a paging occasion, and does so earlier. */
  #hasten(now: Instant): Instant {
    this.#pagedAt = now;
    return this.#wakeAt(addMs(now, this.#model.wakeSeconds * 1000));
  }

  #wakeAt(at: Instant): Instant {
    this.#wokenAt = at;
    this.#awakeSince = at;
    this.#awakeUntil = at;
    this.touch(at);
    return at;
  }

  /** Undefined where the device listens to no paging any more. */
  #nextOccasion(now: Instant, idleSince: Instant): Instant | undefined {
    const { paging } = this.#model;
    if (paging === undefined) return undefined;
    const everyMs = paging.everySeconds * 1000;
    const occasion = instant((Math.ceil(now / everyMs - this.#phase) + this.#phase) * everyMs);
    return occasion <= addMs(idleSince, paging.forSeconds * 1000) ? occasion : undefined;
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
