// Those who observe resources of a server (RFC 7641): who is told of a change, one confirmable notification at a time to each
// association (NSTART, RFC 7252 4.7), and always of the newest state. All notifications are confirmable, so that whoever has
// gone is noticed (4.5); of one whose resource never changes, a confirmable one each day asks whether he is still there.

import { toHex } from "../base/bytes.ts";
import { DeadlineQueue } from "../base/deadline-queue.ts";
import type { Deadlined } from "../base/deadlined.ts";
import { addMs, earliest, type Instant } from "../base/instant.ts";
import type { RandomSource } from "../base/random-source.ts";
import { DEFAULT_TRANSMISSION_PARAMETERS, ENTRY_OVERHEAD_LENGTH, OBSERVE_PROBE_MS } from "./parameters.ts";
import type { Request } from "./request.ts";
import { Retransmitter } from "./retransmission.ts";

export interface ObserversLimits {
  /** Observers of one association. */
  readonly countMax: number;
  /** Bytes over all associations, ENTRY_OVERHEAD_LENGTH for each observer included. */
  readonly lengthMax: number;
}

/** The message that tells an observer of the present state. */
export interface Notification {
  readonly messageId: number;
  readonly datagram: Uint8Array;
  /** Whether it is the last one: an error ends the observation (4.2). */
  readonly isLast: boolean;
}

export interface ObserversOutlet<Association> {
  transmit(now: Instant, association: Association, datagram: Uint8Array): void;
  /** Makes the notification of the present state for the request that began the observation. */
  notification(now: Instant, request: Request<Association>): Notification;
  /** A notification was not acknowledged (4.5): the observer is gone. */
  gaveUp(): void;
}

interface Observer<Association> {
  readonly request: Request<Association>;
  readonly resource: string;
  readonly length: number;
  /** Whether the resource has changed since the last notification was made. */
  changed: boolean;
}

interface Observing<Association> {
  /** By token in hex digits. */
  readonly observers: Map<string, Observer<Association>>;
  /** Whose notification waits for its acknowledgement. */
  inFlight: { readonly observer: Observer<Association>; readonly messageId: number } | undefined;
}

export class Observers<Association> implements Deadlined {
  readonly #limits: ObserversLimits;
  readonly #outlet: ObserversOutlet<Association>;
  readonly #observing = new Map<Association, Observing<Association>>();
  readonly #retransmitter: Retransmitter<Association>;
  readonly #probes = new DeadlineQueue<Observer<Association>>();
  #count = 0;
  #length = 0;

  constructor(limits: ObserversLimits, outlet: ObserversOutlet<Association>, random: RandomSource) {
    this.#limits = limits;
    this.#outlet = outlet;
    this.#retransmitter = new Retransmitter(
      {
        transmit: (now, association, datagram) => outlet.transmit(now, association, datagram),
        gaveUp: (now, association) => {
          outlet.gaveUp();
          this.#settled(now, association, true);
        },
      },
      random,
      DEFAULT_TRANSMISSION_PARAMETERS,
    );
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes, overhead included. */
  get length(): number {
    return this.#length;
  }

  /**
   * 4.1: the same token again is the same observer, and another token for the same resource takes the place of the first.
   * `request` shares no memory with a datagram buffer. False when a limit is reached, and the observer is not taken.
   */
  add(now: Instant, request: Request<Association>, resource: string): boolean {
    const { association, message } = request;
    const token = toHex(message.token);
    for (const [known, observer] of this.#observing.get(association)?.observers ?? []) {
      if (known === token || observer.resource === resource) this.remove(association, observer.request.message.token);
    }
    const length = message.bytes.length + ENTRY_OVERHEAD_LENGTH;
    const observing = this.#observing.get(association) ?? { observers: new Map(), inFlight: undefined };
    if (observing.observers.size >= this.#limits.countMax) return false;
    if (this.#length + length > this.#limits.lengthMax) return false;
    const observer = { request, resource, length, changed: false };
    this.#observing.set(association, observing);
    observing.observers.set(token, observer);
    this.#count++;
    this.#length += length;
    this.#probes.set(observer, addMs(now, OBSERVE_PROBE_MS));
    return true;
  }

  /** Nobody with this token observes anything any more. */
  remove(association: Association, token: Uint8Array): void {
    const observing = this.#observing.get(association);
    const name = toHex(token);
    const observer = observing?.observers.get(name);
    if (observing === undefined || observer === undefined) return;
    observing.observers.delete(name);
    this.#probes.delete(observer);
    this.#count--;
    this.#length -= observer.length;
    if (observing.observers.size === 0 && observing.inFlight === undefined) this.#observing.delete(association);
  }

  /** The resources that are meant have another state now: whoever observes one of them is told. */
  changed(now: Instant, isMeant: (resource: string) => boolean): void {
    for (const [association, { observers }] of [...this.#observing]) {
      for (const observer of observers.values()) observer.changed ||= isMeant(observer.resource);
      this.#notifyNext(now, association);
    }
  }

  /** An ACK or RST came; false when it belongs to no notification. 4.5: an RST ends the observation. */
  settle(now: Instant, association: Association, messageId: number, isReset: boolean): boolean {
    if (this.#observing.get(association)?.inFlight?.messageId !== messageId) return false;
    this.#retransmitter.stop(association);
    this.#settled(now, association, isReset);
    return true;
  }

  forget(association: Association): void {
    this.#retransmitter.stop(association);
    const observing = this.#observing.get(association);
    if (observing === undefined) return;
    observing.inFlight = undefined;
    for (const { request } of [...observing.observers.values()]) this.remove(association, request.message.token);
    this.#observing.delete(association);
  }

  handleTimeout(now: Instant): void {
    this.#retransmitter.handleTimeout(now);
    for (let due = this.#probes.takeDue(now); due !== undefined; due = this.#probes.takeDue(now)) {
      due.changed = true;
      this.#probes.set(due, addMs(now, OBSERVE_PROBE_MS));
      this.#notifyNext(now, due.request.association);
    }
  }

  pollTimeout(): Instant | undefined {
    return earliest(this.#retransmitter.pollTimeout(), this.#probes.earliest);
  }

  #settled(now: Instant, association: Association, isGone: boolean): void {
    const observing = this.#observing.get(association)!;
    const { observer } = observing.inFlight!;
    observing.inFlight = undefined;
    if (isGone) this.#removeThis(observing, observer);
    this.#notifyNext(now, association);
  }

  #removeThis({ observers }: Observing<Association>, observer: Observer<Association>): void {
    const { association, message } = observer.request;
    // The same token may be another observer's by now.
    if (observers.get(toHex(message.token)) === observer) this.remove(association, message.token);
  }

  /** Tells the first observer of the association that has not heard of a change, unless another one is being told. */
  #notifyNext(now: Instant, association: Association): void {
    const observing = this.#observing.get(association);
    if (observing === undefined || observing.inFlight !== undefined) return;
    for (const observer of observing.observers.values()) {
      if (!observer.changed) continue;
      observer.changed = false;
      const { messageId, datagram, isLast } = this.#outlet.notification(now, observer.request);
      observing.inFlight = { observer, messageId };
      if (isLast) this.#removeThis(observing, observer);
      else this.#probes.set(observer, addMs(now, OBSERVE_PROBE_MS));
      this.#retransmitter.start(now, association, datagram);
      return;
    }
    if (observing.observers.size === 0) this.#observing.delete(association);
  }
}
