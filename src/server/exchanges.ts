// What a transfer shows of its link, seen from the server: a device that asks for one block at a time asks for the next as
// soon as it has one, so that the time from an answer to the next request is a round trip. The same block again: the answer
// got lost. Numbers missing among the device's records: requests got lost. Of a device that asks for several blocks at a
// time the round trips mean nothing, and what is lost is right all the same.

import type { Instant } from "../base/instant.ts";
import { RecencyList, type Recent } from "../base/recency-list.ts";

/** Devices followed at a time; the one without a block for longest is forgotten. */
export const EXCHANGING_MAX = 16_384;

/** Longer silence is a pause of the device, and no round trip. */
const PAUSE_MS = 600_000;

/** More missing numbers at once are a device that did something else. */
const MISSING_MAX = 64;

/** One transmission of a request. */
export interface ServedExchange {
  /** Of the datagrams. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Undefined for a lost one, and where what came next was not sent at once. */
  readonly roundTripMs: number | undefined;
  readonly lost: boolean;
}

interface Exchanging<Association> extends Recent<Exchanging<Association>> {
  readonly association: Association;
  offset: number;
  /** Of the request; undefined without DTLS. */
  recordNumber: number | undefined;
  bytesUp: number;
  bytesDown: number;
  answeredAt: Instant;
}

export class Exchanges<Association extends object | string> {
  readonly #told: (association: Association, exchange: ServedExchange) => void;
  readonly #devices = new Map<Association, Exchanging<Association>>();
  readonly #order = new RecencyList<Exchanging<Association>>();
  /** Bytes of the datagram that is being handled. */
  #lengthUp = 0;

  constructor(told: (association: Association, exchange: ServedExchange) => void) {
    this.#told = told;
  }

  get size(): number {
    return this.#devices.size;
  }

  handleDatagram(length: number): void {
    this.#lengthUp = length;
  }

  /** A block at `offset` is about to be sent to a device whose newest record has the number `recordNumber`. */
  blockServed(now: Instant, association: Association, offset: number, recordNumber: number | undefined): void {
    const device = this.#devices.get(association);
    if (device === undefined) return this.#begin(now, association, offset, recordNumber);
    this.#order.touch(device);
    this.#tell(now, device, device.offset === offset, recordNumber);
    device.offset = offset;
  }

  /** The last answer is about to be sent again, or was a moment ago. */
  answerResent(now: Instant, association: Association, recordNumber: number | undefined): void {
    const device = this.#devices.get(association);
    if (device !== undefined) this.#tell(now, device, true, recordNumber);
  }

  /** A datagram of `length` bytes goes to a device. */
  transmitted(association: Association, length: number): void {
    const device = this.#devices.get(association);
    if (device !== undefined) device.bytesDown = length;
  }

  forget(association: Association): void {
    const device = this.#devices.get(association);
    if (device === undefined) return;
    this.#devices.delete(association);
    this.#order.remove(device);
  }

  #begin(now: Instant, association: Association, offset: number, recordNumber: number | undefined): void {
    const { oldest } = this.#order;
    if (oldest !== undefined && this.#devices.size >= EXCHANGING_MAX) this.forget(oldest.association);
    const device: Exchanging<Association> = {
      association,
      offset,
      recordNumber,
      bytesUp: this.#lengthUp,
      bytesDown: 0,
      answeredAt: now,
      older: undefined,
      newer: undefined,
    };
    this.#devices.set(association, device);
    this.#order.add(device);
  }

  /** What the request that came says of the answer before it, and of requests between them that did not come. */
  #tell(now: Instant, device: Exchanging<Association>, isRepeated: boolean, recordNumber: number | undefined): void {
    const { bytesUp, bytesDown, answeredAt } = device;
    const silentMs = now - answeredAt;
    const missing = recordNumber === undefined ? 0 : recordNumber - (device.recordNumber ?? recordNumber) - 1;
    if (silentMs <= PAUSE_MS && missing <= MISSING_MAX) {
      const roundTripMs = isRepeated || missing > 0 ? undefined : silentMs;
      this.#told(device.association, { bytesUp: this.#lengthUp, bytesDown, roundTripMs, lost: isRepeated });
      for (let i = 0; i < missing; i++) {
        this.#told(device.association, { bytesUp, bytesDown, roundTripMs: undefined, lost: true });
      }
    }
    device.recordNumber = recordNumber;
    device.bytesUp = this.#lengthUp;
    device.answeredAt = now;
  }
}
