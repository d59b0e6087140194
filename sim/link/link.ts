// One device's access link with its two directions. A datagram goes through, in this order:
//   MTU, fragments -> queue (how many, how long) -> gate (sleep, outage, pass, duty cycle, class A window)
//   -> serialisation (the channel, alone or shared) -> loss of each frame, with link retransmission -> reassembly
//   -> delay and jitter, order kept or not -> duplication
// The order decides results: a lost frame has used the channel, and a duplicate has not met the loss again.
// Driven by `now` alone: the same object serves virtual time and real time.

import { EMPTY } from "../../src/base/bytes.ts";
import type { Deadlined } from "../../src/base/deadlined.ts";
import { Fifo } from "../../src/base/fifo.ts";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import type { Prng } from "../prng.ts";
import { type Direction, type DirectionProfile, ipHeaderLength, type LinkProfile } from "../profiles/profile.ts";
import { drawDelay } from "./delay.ts";
import { EventHeap } from "./event-heap.ts";
import { Gate } from "./gate.ts";
import { type DirectionStatistics, type DropReason, emptyStatistics } from "./link-statistics.ts";
import { LORAWAN_OVERHEAD_LENGTH, MAX_ACK_REQUESTS, RETRANSMISSION_MS, SCHC_ACK_LENGTH } from "./lora.ts";
import { type LossProcess, lossProcess } from "./loss.ts";
import { airtimeMs, framesFor, type Transmission, transmit } from "./radio.ts";
import { energyJoules, type StateTimes, stateTimes } from "./radio-states.ts";
import { SharedMedium } from "./shared-medium.ts";

/** Where a link puts what happens; called from `send` and `handleTimeout`. */
export interface LinkOutlet {
  /** `now` is the exact instant of the arrival, which may lie before the `now` of a late call of `handleTimeout`. */
  deliver(now: Instant, direction: Direction, datagram: Uint8Array, sentAt: Instant): void;
  dropped?(now: Instant, direction: Direction, reason: DropReason, length: number): void;
}

export interface LinkStatistics {
  readonly up: Readonly<DirectionStatistics>;
  readonly down: Readonly<DirectionStatistics>;
}

/**
 * What is carried and not delivered: a class A device's empty uplink, sent only to open receive windows; SCHC's word that a
 * downlink fragment has come.
 */
type Service = { readonly kind: "poll" } | { readonly kind: "ack"; readonly of: Passenger; readonly frame: number };

interface Passenger {
  readonly datagram: Uint8Array;
  /** Absent of a datagram. */
  readonly service?: Service;
  readonly sentAt: Instant;
  readonly frames: readonly number[];
  readonly expiresAt: Instant;
  nextFrame: number;
  lost: boolean;
  /** RFC 8724 8.4.2: how often the fragment was sent that is not acknowledged yet. */
  attempts: number;
  /** Its word came while it was on air once more. */
  acknowledged: boolean;
  landed: boolean;
}

/** One direction: what waits, what is on air, and the random processes of its own. */
interface Lane {
  readonly direction: Direction;
  readonly profile: DirectionProfile;
  readonly channel: SharedMedium;
  readonly loss: LossProcess;
  readonly delayRandom: Prng;
  readonly duplicationRandom: Prng;
  readonly statistics: DirectionStatistics;
  readonly queue: Fifo<Passenger>;
  current: Passenger | undefined;
  /** A frame is on air, or has the channel from a later instant on. */
  onAir: boolean;
  /** An event will go on with this direction: the end of a frame, or the opening of the gate. */
  busy: boolean;
  /** The gate opens only after an uplink. */
  stalled: boolean;
  lastDelivery: Instant;
}

type LinkEvent =
  | { readonly kind: "serve"; readonly lane: Lane }
  | { readonly kind: "frameEnd"; readonly lane: Lane; readonly transmission: Transmission }
  | { readonly kind: "ackTimeout"; readonly passenger: Passenger; readonly frame: number; readonly attempt: number }
  | { readonly kind: "delivery"; readonly lane: Lane; readonly datagram: Uint8Array; readonly sentAt: Instant };

/** How much may be under way: a link without a rate holds as many datagrams as are sent within its delay. */
const EVENT_COUNT_MAX = 65_536;

const UNSENT = { nextFrame: 0, lost: false, attempts: 0, acknowledged: false, landed: false };

const NEVER = instant(Number.NEGATIVE_INFINITY);
const FOREVER = instant(Number.POSITIVE_INFINITY);

export class Link implements Deadlined {
  readonly #profile: LinkProfile;
  readonly #outlet: LinkOutlet;
  readonly #headerLength: number;
  readonly #medium: SharedMedium | undefined;
  readonly #gate: Gate;
  readonly #events = new EventHeap<LinkEvent>();
  readonly #up: Lane;
  readonly #down: Lane;
  /** Sent before all that waits to go up. */
  #ack: Passenger | undefined;
  #usedSince: Instant | undefined;
  /** In the middle of handleTimeout, from which the outlet may call send. */
  #handling = false;

  /** `medium`, when several links share a channel, is theirs; without it the link has a channel of its own. */
  constructor(profile: LinkProfile, random: Prng, outlet: LinkOutlet, medium?: SharedMedium) {
    this.#profile = profile;
    this.#outlet = outlet;
    this.#headerLength = ipHeaderLength(profile);
    this.#medium = medium;
    const upChannel = new SharedMedium();
    const downChannel = profile.duplex === "half" ? upChannel : new SharedMedium();
    this.#gate = new Gate(profile, medium ?? downChannel, random);
    this.#up = laneFor("up", profile, upChannel, random.fork("up"));
    this.#down = laneFor("down", profile, downChannel, random.fork("down"));
  }

  get statistics(): LinkStatistics {
    return { up: this.#up.statistics, down: this.#down.statistics };
  }

  /** What the device's radio did from its first datagram until `now`. */
  stateTimes(now: Instant): StateTimes {
    const { sleep, emptyWindowSeconds } = this.#gate;
    return stateTimes(this.#profile, {
      from: this.#usedSince ?? now,
      until: now,
      sending: this.#up.statistics.airtimeSeconds,
      receiving: this.#down.statistics.airtimeSeconds,
      ...(sleep && {
        sleep: { awake: sleep.awakeMs / 1000, wakeCount: sleep.wakeCount, wakingUp: sleep.wakingMs / 1000 },
      }),
      ...(emptyWindowSeconds !== undefined && { emptyWindows: emptyWindowSeconds }),
    });
  }

  /** What that took, in joules. */
  energyJoules(now: Instant): number {
    return energyJoules(this.#profile, this.stateTimes(now));
  }

  /**
   * Gives the link a UDP payload, to which the link adds the headers of IP and UDP and its own. The link keeps the payload
   * itself and delivers it: nobody may change it after.
   */
  send(now: Instant, direction: Direction, datagram: Uint8Array): void {
    // What is due comes first; but an answer that is sent while a datagram is delivered must not overtake the delivery.
    if (!this.#handling) this.handleTimeout(now);
    if (this.#usedSince === undefined) {
      this.#usedSince = now;
      this.#gate.sleep?.touch(now);
    }
    const lane = direction === "up" ? this.#up : this.#down;
    lane.statistics.sentCount++;
    lane.statistics.heldCount++;
    lane.statistics.bytesSent += datagram.length;
    if (datagram.length + this.#headerLength > this.#profile.mtu) {
      this.#drop(now, lane, "tooLarge", datagram.length);
      return;
    }
    // A datagram opens receive windows as well as an empty uplink that still waits.
    if (lane.current?.service?.kind === "poll" && !lane.onAir) lane.current = undefined;
    this.#dropExpired(now, lane);
    const { countMax, lifetimeSeconds } = lane.profile.queue;
    const waitingCount = lane.queue.size + (lane.current?.nextFrame === 0 && !lane.onAir ? 1 : 0);
    if (waitingCount >= countMax || this.#events.size >= EVENT_COUNT_MAX) {
      this.#drop(now, lane, "queueFull", datagram.length);
      return;
    }
    lane.queue.push({
      datagram,
      sentAt: now,
      frames: framesFor(lane.profile.radio, this.#headerLength, datagram.length),
      expiresAt: addMs(now, lifetimeSeconds * 1000),
      ...UNSENT,
    });
    this.#serve(now, lane);
  }

  /** Does all that is due at `now`, each thing at its own instant; an early call does nothing. */
  handleTimeout(now: Instant): void {
    this.#handling = true;
    for (let due = this.#events.takeDue(now); due !== undefined; due = this.#events.takeDue(now)) {
      const { at, event } = due;
      switch (event.kind) {
        case "serve":
          event.lane.busy = false;
          this.#serve(at, event.lane);
          break;
        case "frameEnd":
          this.#handleFrameEnd(at, event.lane, event.transmission);
          break;
        case "ackTimeout":
          this.#handleAckTimeout(at, event.passenger, event.frame, event.attempt);
          break;
        case "delivery":
          event.lane.statistics.heldCount--;
          this.#outlet.deliver(at, event.lane.direction, event.datagram, event.sentAt);
          break;
      }
    }
    this.#handling = false;
  }

  pollTimeout(): Instant | undefined {
    return this.#events.earliest;
  }

  /** Begins the next frame of a direction, now or as soon as it may. */
  #serve(now: Instant, lane: Lane): void {
    if (lane.busy) return;
    this.#dropExpired(now, lane);
    const { current } = lane;
    if (current === undefined) return;
    const length = current.frames[current.nextFrame]!;
    const opening = this.#gate.openAt(now, lane.direction, airtimeMs(lane.profile.radio, length));
    lane.stalled = opening.at === undefined;
    if (opening.at === undefined) {
      this.#poll(now);
      return;
    }
    if (opening.at > now) {
      lane.statistics.dutyCycleWaitSeconds += Math.min(opening.dutyCycleMs, opening.at - now) / 1000;
      this.#serveAt(opening.at, lane);
      return;
    }
    const start = this.#channelFreeAt(now, lane);
    if (start > now && lane.direction === "down" && this.#profile.classA === true) {
      // A receive window does not wait for the channel: the next one is asked for when the channel is free.
      this.#serveAt(start, lane);
      return;
    }
    if (current.nextFrame === 0 && start >= current.expiresAt) {
      // The channel is promised to others until too late; to keep the datagram till then would change nothing.
      this.#drop(now, lane, "expired", current.datagram.length);
      lane.current = undefined;
      this.#serveAt(now, lane);
      return;
    }
    this.#beginFrame(start, lane, length);
  }

  #beginFrame(start: Instant, lane: Lane, length: number): void {
    const transmission = transmit(lane.profile.radio, start, length, lane.loss);
    const end = addMs(start, transmission.channelMs);
    lane.channel.occupy(end);
    this.#medium?.occupy(end);
    this.#gate.handleStart(start, lane.direction);
    lane.onAir = true;
    lane.busy = true;
    this.#events.push(end, { kind: "frameEnd", lane, transmission });
  }

  #handleFrameEnd(now: Instant, lane: Lane, transmission: Transmission): void {
    const passenger = lane.current!;
    lane.onAir = false;
    lane.busy = false;
    lane.statistics.frameCount++;
    lane.statistics.bytesOnAir += transmission.bytesOnAir;
    const own = lane.direction === "up" ? transmission.firstHop : transmission.lastHop;
    lane.statistics.deviceBytesOnAir += own.bytesOnAir;
    lane.statistics.airtimeSeconds += own.ms / 1000;
    lane.statistics.channelSeconds += transmission.channelMs / 1000;
    this.#gate.handleEnd(now, lane.direction, transmission);
    if (lane.direction === "down" && this.#profile.ackAlways === true) {
      this.#handleFragmentEnd(now, passenger, transmission.arrived);
      return;
    }
    passenger.lost ||= !transmission.arrived;
    passenger.nextFrame++;
    if (passenger.nextFrame === passenger.frames.length) {
      lane.current = undefined;
      if (passenger.service === undefined) this.#land(now, lane, passenger);
      else if (passenger.service.kind === "ack") this.#handleAckEnd(now, passenger.service, transmission.arrived);
    }
    this.#serve(now, lane);
    if (lane.direction === "up" && this.#down.stalled) this.#serve(now, this.#down);
  }

  /** RFC 8724 8.4.2: the next fragment waits until this one is acknowledged, and is not sent before. */
  #handleFragmentEnd(now: Instant, passenger: Passenger, arrived: boolean): void {
    if (passenger.acknowledged) return this.#advance(now, passenger);
    const { nextFrame, frames } = passenger;
    const attempt = ++passenger.attempts;
    this.#down.busy = true;
    if (arrived) {
      // The datagram is whole with its last fragment, and that may come again.
      if (nextFrame === frames.length - 1 && !passenger.landed) {
        passenger.landed = true;
        this.#land(now, this.#down, passenger);
      }
      this.#acknowledge(now, { kind: "ack", of: passenger, frame: nextFrame });
    }
    if (this.#profile.classA !== true) {
      this.#events.push(addMs(now, RETRANSMISSION_MS), { kind: "ackTimeout", passenger, frame: nextFrame, attempt });
    } else if (!arrived) this.#handleAckTimeout(now, passenger, nextFrame, attempt);
  }

  #acknowledge(now: Instant, service: Service & { kind: "ack" }): void {
    const up = this.#up;
    if (up.current?.service?.kind === "poll" && !up.onAir) up.current = undefined;
    this.#ack = serviceFrame(now, service, LORAWAN_OVERHEAD_LENGTH + SCHC_ACK_LENGTH);
    this.#serve(now, up);
  }

  #handleAckEnd(now: Instant, { of, frame }: Service & { kind: "ack" }, arrived: boolean): void {
    const down = this.#down;
    if (down.current !== of || of.nextFrame !== frame) return;
    if (!arrived) {
      if (this.#profile.classA === true) this.#handleAckTimeout(now, of, frame, of.attempts);
      return;
    }
    // A fragment that is being sent once more, because this word came late, goes to its end.
    if (down.onAir) of.acknowledged = true;
    else this.#advance(now, of);
  }

  #advance(now: Instant, passenger: Passenger): void {
    const down = this.#down;
    passenger.nextFrame++;
    passenger.attempts = 0;
    passenger.acknowledged = false;
    if (passenger.nextFrame === passenger.frames.length) down.current = undefined;
    down.busy = false;
    this.#serve(now, down);
  }

  /** No word of the fragment: it is sent again, in class A in the next window, unless it was sent too often. */
  #handleAckTimeout(now: Instant, passenger: Passenger, frame: number, attempt: number): void {
    const down = this.#down;
    if (down.current !== passenger || passenger.nextFrame !== frame || passenger.attempts !== attempt) return;
    if (down.onAir) return;
    if (attempt >= MAX_ACK_REQUESTS) {
      if (!passenger.landed) this.#drop(now, down, "lost", passenger.datagram.length);
      down.current = undefined;
    }
    down.busy = false;
    this.#serve(now, down);
  }

  /** All frames of a datagram have been sent. */
  #land(now: Instant, lane: Lane, passenger: Passenger): void {
    if (this.#gate.sleep?.firstLost(lane.direction) || passenger.lost) {
      this.#drop(now, lane, "lost", passenger.datagram.length);
      return;
    }
    lane.statistics.deliveredCount++;
    this.#deliverLater(now, lane, passenger);
    const { duplication } = lane.profile;
    if (duplication === undefined || lane.duplicationRandom.fraction() >= duplication) return;
    lane.statistics.duplicateCount++;
    lane.statistics.heldCount++;
    this.#deliverLater(now, lane, passenger);
  }

  #deliverLater(now: Instant, lane: Lane, { datagram, sentAt }: Passenger): void {
    let arrival = addMs(now, drawDelay(lane.profile.delay, lane.delayRandom));
    if (lane.profile.inOrder && arrival < lane.lastDelivery) arrival = lane.lastDelivery;
    lane.lastDelivery = arrival;
    this.#events.push(arrival, { kind: "delivery", lane, datagram, sentAt });
  }

  /** A class A device that has an answer to come opens receive windows by an empty uplink. */
  #poll(now: Instant): void {
    if (this.#profile.classA !== true || this.#up.busy || this.#up.current !== undefined) return;
    this.#up.current = serviceFrame(now, { kind: "poll" }, LORAWAN_OVERHEAD_LENGTH);
    this.#serve(now, this.#up);
  }

  #serveAt(at: Instant, lane: Lane): void {
    lane.busy = true;
    this.#events.push(at, { kind: "serve", lane });
  }

  #channelFreeAt(now: Instant, lane: Lane): Instant {
    const own = lane.channel.freeAt(now);
    return this.#medium === undefined ? own : this.#medium.freeAt(own);
  }

  /** What has begun to be sent no longer expires. */
  #dropExpired(now: Instant, lane: Lane): void {
    if (lane.busy) return;
    if (lane.current === undefined && lane.direction === "up") {
      lane.current = this.#ack;
      this.#ack = undefined;
    }
    if (lane.current === undefined) lane.current = lane.queue.shift();
    while (lane.current !== undefined && lane.current.nextFrame === 0 && lane.current.expiresAt <= now) {
      this.#drop(now, lane, "expired", lane.current.datagram.length);
      lane.current = lane.queue.shift();
    }
  }

  #drop(now: Instant, lane: Lane, reason: DropReason, length: number): void {
    lane.statistics.droppedCount[reason]++;
    lane.statistics.heldCount--;
    this.#outlet.dropped?.(now, lane.direction, reason, length);
  }
}

function serviceFrame(now: Instant, service: Service, length: number): Passenger {
  return { datagram: EMPTY, service, sentAt: now, frames: [length], expiresAt: FOREVER, ...UNSENT };
}

function laneFor(direction: Direction, profile: LinkProfile, channel: SharedMedium, random: Prng): Lane {
  return {
    direction,
    profile: profile[direction],
    channel,
    loss: lossProcess(profile[direction].loss, random.fork("loss")),
    delayRandom: random.fork("delay"),
    duplicationRandom: random.fork("duplication"),
    statistics: emptyStatistics(),
    queue: new Fifo(),
    current: undefined,
    onAir: false,
    busy: false,
    stalled: false,
    lastDelivery: NEVER,
  };
}
