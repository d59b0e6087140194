// A load in a closed loop: each device has one request outstanding and asks for the next as soon as it is answered.
// Lean on purpose: it stands on the other core and must cost less than the server that it measures. So an answer gets a
// glance, and every SAMPLE-th is compared wholly; all were compared once, by verification.ts, before the loop begins.

import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { decodeMessage } from "../../src/coap/message.ts";
import type { Crowd, CrowdListener } from "./crowd.ts";
import { SLOT_COUNT } from "./datagram-slots.ts";
import type { LatencyRecord } from "./latency-record.ts";
import type { Speech } from "./speech.ts";
import { numbered, type Work } from "./work.ts";

/** RFC 7252 4.8: ACK_TIMEOUT. A datagram lost on a full buffer stops a device for this long. */
const STALL_MS = 2_000;
const STALL_LOOK_MS = 100;
const SAMPLE = 64;
/** How many answers after a repeated request are compared wholly: the late one may still come. */
const DOUBT = 4;
/** How long stop() waits for what is outstanding. */
const DRAIN_MS = 300;
const DRAIN_LOOK_MS = 5;

export class ClosedLoop implements CrowdListener {
  answered = 0;
  /** Requests that were sent again or given up because no answer came. */
  lost = 0;
  /** Datagrams that answer nothing outstanding. */
  strays = 0;
  /** Where the times of answers go, if anywhere. */
  latencies: LatencyRecord | undefined;
  readonly deviceCount: number;
  readonly #crowd: Crowd;
  readonly #speech: Speech;
  readonly #work: Work;
  /** By request: how long a right answer's datagram is. */
  readonly #lengths: Int32Array;
  /** By device: the request that is outstanding, or the next one. */
  readonly #indices: Int32Array;
  /** By device: its token, whose low half is its message ID. */
  readonly #counters: Uint32Array;
  readonly #askedAt: Float64Array;
  readonly #outstanding: Uint8Array;
  readonly #doubts: Uint8Array;
  readonly #look: NodeJS.Timeout;
  #running = false;
  #failure: Error | undefined;

  /** `lengths` are those that verification found. */
  constructor(crowd: Crowd, speech: Speech, work: Work, lengths: Int32Array) {
    const { deviceCount } = speech;
    this.deviceCount = deviceCount;
    this.#crowd = crowd;
    this.#speech = speech;
    this.#work = work;
    this.#lengths = lengths;
    this.#indices = Int32Array.from({ length: deviceCount }, (_, device) => (device * 7) % work.count);
    this.#counters = Uint32Array.from({ length: deviceCount }, (_, device) => device * 977);
    this.#askedAt = new Float64Array(deviceCount);
    this.#outstanding = new Uint8Array(deviceCount);
    this.#doubts = new Uint8Array(deviceCount);
    crowd.listener = this;
    this.#look = setInterval(() => this.#askAgain(), STALL_LOOK_MS);
  }

  /** Every device asks, a batch at a time. */
  async start(): Promise<void> {
    this.#running = true;
    this.#crowd.listener = this;
    for (let device = 0; device < this.deviceCount; device++) {
      this.#counters[device]!++;
      this.#crowd.now = performance.now();
      this.#ask(device);
      if (device % SLOT_COUNT === SLOT_COUNT - 1) {
        this.#crowd.flush();
        await turn();
      }
    }
    this.#crowd.flush();
  }

  /** Nobody asks any more; resolves when the last answers came or are lost. Throws when an answer was wrong. */
  async stop(): Promise<void> {
    this.#running = false;
    const until = performance.now() + DRAIN_MS;
    while (this.#outstanding.includes(1) && performance.now() < until) await sleep(DRAIN_LOOK_MS);
    this.lost += this.#outstanding.reduce((sum, one) => sum + one, 0);
    this.#outstanding.fill(0);
    this.check();
  }

  /** Throws when an answer was wrong. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  close(): void {
    this.#running = false;
    clearInterval(this.#look);
  }

  datagram(device: number, bytes: Uint8Array, offset: number, length: number): void {
    if (this.#outstanding[device] !== 1) {
      this.strays++;
      return;
    }
    const index = this.#indices[device]!;
    const messageId = this.#counters[device]! & 0xffff;
    const looksRight =
      this.#speech.mayAnswer(device, messageId, bytes, offset) &&
      length === this.#lengths[index] &&
      !this.#doubts[device];
    if ((!looksRight || this.answered % SAMPLE === 0) && !this.#isRight(device, bytes, offset, length)) return;
    this.answered++;
    this.latencies?.add(this.#crowd.now - this.#askedAt[device]!);
    this.#outstanding[device] = 0;
    this.#indices[device] = index + 1 === this.#work.count ? 0 : index + 1;
    if (!this.#running) return;
    this.#counters[device]!++;
    this.#ask(device);
  }

  #ask(device: number): void {
    this.#askedAt[device] = this.#crowd.now;
    this.#outstanding[device] = 1;
    this.#speech.send(device, numbered(this.#work.request(this.#indices[device]!), this.#counters[device]!));
  }

  /** RFC 7252 4.2: the same message again. */
  #askAgain(): void {
    if (!this.#running) return;
    this.#crowd.now = performance.now();
    for (let device = 0; device < this.deviceCount; device++) {
      if (this.#outstanding[device] !== 1 || this.#crowd.now - this.#askedAt[device]! < STALL_MS) continue;
      this.lost++;
      this.#doubts[device] = DOUBT;
      this.#ask(device);
    }
    this.#crowd.flush();
  }

  /** Compares the whole answer; a wrong one ends the load. */
  #isRight(device: number, bytes: Uint8Array, offset: number, length: number): boolean {
    const message = this.#speech.open(device, bytes, offset, length);
    const decoded = message && decodeMessage(message);
    if (!decoded?.ok || decoded.value.messageId !== (this.#counters[device]! & 0xffff)) {
      this.strays++;
      return false;
    }
    if (this.#doubts[device]! > 0) this.#doubts[device]!--;
    const index = this.#indices[device]!;
    if (this.#work.isRight(index, decoded.value)) return true;
    this.#running = false;
    this.#failure = new Error(`request ${index} of device ${device} was answered with other bytes`);
    return false;
  }
}
