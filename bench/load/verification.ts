// Before anything is timed: each request is answered once and each device gets an answer, and every one of them is
// compared, byte by byte.

import { setTimeout as sleep } from "node:timers/promises";
import { decodeMessage } from "../../src/coap/message.ts";
import type { Crowd, CrowdListener } from "./crowd.ts";
import type { Speech } from "./speech.ts";
import { numbered, type Work } from "./work.ts";

/** Devices that ask at a time: no server's buffer is too small for that. */
const WINDOW = 32;
const LIMIT_MS = 60_000;
const LOOK_MS = 20;
const STALL_MS = 1_000;
/** Apart from the numbers that a closed loop begins with. */
const FIRST_COUNTER = 0x8000_0000;

/** How long the right answer to each request is on the wire. Throws when one is wrong, or none comes. */
export async function verification(crowd: Crowd, speech: Speech, work: Work): Promise<Int32Array> {
  const verifier = new Verifier(crowd, speech, work);
  crowd.listener = verifier;
  verifier.begin();
  const until = performance.now() + LIMIT_MS;
  while (!verifier.done && performance.now() < until) {
    await sleep(LOOK_MS);
    verifier.askAgain();
  }
  crowd.listener = undefined;
  if (!verifier.done) throw new Error(`not all of ${work.count} requests were answered within ${LIMIT_MS / 1000} s`);
  return verifier.lengths;
}

/** Step s is request s of the work, again from the beginning when there are more devices than requests. */
class Verifier implements CrowdListener {
  readonly lengths: Int32Array;
  readonly #crowd: Crowd;
  readonly #speech: Speech;
  readonly #work: Work;
  readonly #stepCount: number;
  /** By device: the step that it waits for. */
  readonly #waiting = new Map<number, { readonly step: number; askedAt: number }>();
  #nextDevice = 0;
  #failure: Error | undefined;

  constructor(crowd: Crowd, speech: Speech, work: Work) {
    this.#crowd = crowd;
    this.#speech = speech;
    this.#work = work;
    this.#stepCount = Math.max(work.count, speech.deviceCount);
    this.lengths = new Int32Array(work.count);
  }

  begin(): void {
    for (let i = 0; i < WINDOW; i++) this.#beginDevice();
    this.#crowd.flush();
  }

  get done(): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#waiting.size === 0 && this.#nextDevice === this.#speech.deviceCount;
  }

  askAgain(): void {
    for (const [device, { step, askedAt }] of this.#waiting) {
      if (performance.now() - askedAt > STALL_MS) this.#ask(device, step);
    }
    this.#crowd.flush();
  }

  datagram(device: number, bytes: Uint8Array, offset: number, length: number): void {
    const step = this.#waiting.get(device)?.step;
    const message = step === undefined ? undefined : this.#speech.open(device, bytes, offset, length);
    const decoded = message && decodeMessage(message);
    if (step === undefined || !decoded?.ok || decoded.value.messageId !== (step & 0xffff)) return;
    const index = step % this.#work.count;
    if (!this.#work.isRight(index, decoded.value)) {
      this.#failure ??= new Error(`request ${index} of device ${device} was answered with other bytes`);
      return;
    }
    this.lengths[index] = length;
    this.#waiting.delete(device);
    const next = step + this.#speech.deviceCount;
    if (next < this.#stepCount) this.#ask(device, next);
    else this.#beginDevice();
  }

  #beginDevice(): void {
    if (this.#nextDevice < this.#speech.deviceCount) this.#ask(this.#nextDevice, this.#nextDevice++);
  }

  #ask(device: number, step: number): void {
    this.#waiting.set(device, { step, askedAt: performance.now() });
    this.#speech.send(device, numbered(this.#work.request(step % this.#work.count), FIRST_COUNTER + step));
  }
}
