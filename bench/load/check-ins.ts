// Devices with sessions that check in at a rate, whatever their server does.

import { setTimeout as sleep } from "node:timers/promises";
import { Code } from "../../src/coap/code.ts";
import { decodeMessage, encodeMessage } from "../../src/coap/message.ts";
import { OptionNumber, stringOption } from "../../src/coap/option.ts";
import type { Session } from "../../src/dtls/session/session.ts";
import { encodeCheckIn } from "../../src/manifest/check-in.ts";
import { Figure } from "../../src/manifest/figure.ts";
import { PRODUCT } from "../targets/narrowboat-target.ts";
import type { Target } from "../targets/target.ts";
import { Crowd, type CrowdListener } from "./crowd.ts";
import { HANDSHAKE_WINDOW } from "./device-crowd.ts";
import { connectAll } from "./handshakes.ts";
import { LatencyRecord } from "./latency-record.ts";
import { DtlsSpeech } from "./speech.ts";
import { numbered, TOKEN_LENGTH } from "./work.ts";

const TURN_MS = 10;
const DRAIN_MS = 2_000;

export class CheckIns implements CrowdListener {
  asked = 0;
  /** With a ticket. */
  answered = 0;
  readonly latencies = new LatencyRecord();
  readonly #crowd: Crowd;
  readonly #speech: DtlsSpeech;
  readonly #request = checkInRequest();
  readonly #askedAt: Float64Array;
  #next = 0;

  static async connect(target: Target, native: boolean, count: number): Promise<CheckIns> {
    const crowd = new Crowd(target.coapsPort!, native);
    const sessions: Session[] = [];
    const { identity, key } = target;
    const credentials = { serverPort: target.coapsPort!, identity, key };
    await connectAll(crowd, credentials, { first: 0, count, window: HANDSHAKE_WINDOW }, (device, session) => {
      sessions[device] = session;
    });
    return new CheckIns(crowd, sessions);
  }

  private constructor(crowd: Crowd, sessions: readonly Session[]) {
    this.#crowd = crowd;
    this.#speech = new DtlsSpeech(crowd, sessions);
    this.#askedAt = new Float64Array(sessions.length);
    crowd.listener = this;
  }

  /** So many a second for so long, one device after the other; ends when the last are answered or lost. */
  async at(rate: number, ms: number): Promise<void> {
    const began = performance.now();
    const first = this.asked;
    for (let passed = 0; passed < ms; passed = performance.now() - began) {
      while (this.asked - first < (rate * passed) / 1_000) this.#ask();
      this.#crowd.flush();
      await sleep(TURN_MS);
    }
    await sleep(DRAIN_MS);
  }

  datagram(device: number, bytes: Uint8Array, offset: number, length: number): void {
    const message = this.#speech.open(device, bytes, offset, length);
    const decoded = message && decodeMessage(message);
    if (decoded?.ok !== true || decoded.value.code !== Code.CHANGED) return;
    this.answered++;
    this.latencies.add(performance.now() - this.#askedAt[device]!);
  }

  close(): void {
    this.#crowd.close();
  }

  #ask(): void {
    const device = this.#next;
    this.#next = (this.#next + 1) % this.#speech.deviceCount;
    this.asked++;
    this.#askedAt[device] = performance.now();
    this.#speech.send(device, numbered(this.#request, this.asked));
  }
}

/** Of a device that runs what the fleet knows it to run. */
function checkInRequest(): Uint8Array {
  return encodeMessage({
    type: "CON",
    code: Code.POST,
    messageId: 0,
    token: new Uint8Array(TOKEN_LENGTH),
    options: [stringOption(OptionNumber.URI_PATH, "t")],
    payload: encodeCheckIn({
      product: PRODUCT,
      nonce: new Uint8Array(8).fill(7),
      sequenceNumber: 1,
      version: "1.0",
      runningSha256: new Uint8Array(32),
      slot: 0,
      manifestWanted: false,
      figures: new Map([[Figure.UPTIME, 2_000]]),
      cell: "cell-7",
    }),
  });
}
