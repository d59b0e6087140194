// Exchanges in a capture that was made where the device is. Over DTLS both directions of loss can be told without a key: each
// record has a number, and the server's count its answers. Numbers that are missing among those that came are answers that
// got lost; requests that the server's count does not cover never reached it. Without DTLS there is only whether an
// answer came. A request that was given up is evidence too: all its transmissions were lost, nobody knows in which direction.

import { percentile } from "../tune/sample-statistics.ts";
import { type Exchange, FitError, type Observations } from "./exchange.ts";
import type { CapturedDatagram } from "./pcap.ts";

const COAP_PORTS = [":5683", ":5684"];
/** RFC 6347 4.1: what is protected, by its epoch; RFC 9146 4 hides the kind of what it protects. */
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const TLS12_CID = 25;
const RECORD_HEADER_LENGTH = 13;

/** A device that sends this share of its requests before the answer to the last, and at once, asks for several at a time. */
const WINDOW_SHARE = 0.2;

/** What happened to a request of a device. */
interface Sent {
  readonly seconds: number;
  readonly length: number;
}

/** Throws FitError where the capture does not show what is needed. */
export function exchangesOfCapture(datagrams: readonly CapturedDatagram[]): Observations {
  const server = serverOf(datagrams);
  const flows = new Map<string, Flow>();
  for (const datagram of datagrams) {
    const isUp = datagram.to === server;
    if (!isUp && datagram.from !== server) continue;
    const device = isUp ? datagram.from : datagram.to;
    const flow = flows.get(device) ?? new Flow(device);
    flows.set(device, flow);
    if (isUp) flow.handleUp(datagram);
    else flow.handleDown(datagram);
  }
  const all = [...flows.values()];
  checkVantage(all);
  const isSealed = all.some(({ up }) => up.some((series) => series.length > 0));
  return {
    exchanges: all.flatMap(({ exchanges }) => exchanges),
    directions: isSealed ? { up: all.flatMap(({ up }) => up), down: all.flatMap(({ down }) => down) } : undefined,
  };
}

/** The end at a port of CoAP, or else whoever was spoken to first. */
function serverOf(datagrams: readonly CapturedDatagram[]): string {
  const named = datagrams.find(({ to }) => COAP_PORTS.some((port) => to.endsWith(port)));
  const server = named?.to ?? datagrams[0]?.to;
  if (server === undefined) throw new FitError("there is no UDP datagram in this capture");
  return server;
}

function checkVantage(flows: readonly Flow[]): void {
  const answered = percentile(
    flows.flatMap(({ answerGaps }) => answerGaps),
    0.5,
  );
  const asked = percentile(
    flows.flatMap(({ requestGaps }) => requestGaps),
    0.5,
  );
  if (answered === undefined) throw new FitError("no request in this capture was answered");
  if (asked !== undefined && asked > answered) {
    throw new FitError(
      "this was captured beside the server, where answers take no time: capture where the device is, or let `serve --exchanges FILE` write what it sees",
    );
  }
  const early = flows.reduce((sum, flow) => sum + flow.earlyGaps.filter((gap) => gap < answered / 2).length, 0);
  const all = flows.reduce((sum, { exchanges }) => sum + exchanges.length, 0);
  if (early > WINDOW_SHARE * all) {
    throw new FitError(
      "the device asks for several blocks at a time, so that round trips are queues: capture one that asks for one (pull --window 1)",
    );
  }
}

/** One device's datagrams. */
class Flow {
  readonly exchanges: Exchange[] = [];
  /** A further series begins where a request was given up. */
  readonly up: boolean[][] = [[]];
  readonly down: boolean[][] = [[]];
  /** From a request to the answer, from an answer to the next request, from a request to the next one without an answer. */
  readonly answerGaps: number[] = [];
  readonly requestGaps: number[] = [];
  readonly earlyGaps: number[] = [];
  readonly #device: string;
  readonly #outstanding: Sent[] = [];
  #lastSentAt: number | undefined;
  #answeredAt: number | undefined;
  /** The number of the last answer that came; undefined before the first of an association. */
  #answerNumber: number | undefined;
  /** Numbers that were missing, with their place in `down`: one that comes late was not lost. */
  readonly #missing = new Map<number, number>();
  /** The place in `up` of what was last taken for lost: a late answer says that it was not. */
  #lastLostUp: number | undefined;

  constructor(device: string) {
    this.#device = device;
  }

  handleUp({ seconds, payload }: CapturedDatagram): void {
    const record = recordOf(payload);
    if (record === "hello") return this.#beginAnew();
    if (record === undefined && !isRequest(payload)) return;
    if (this.#answeredAt !== undefined && this.#outstanding.length === 0) {
      this.requestGaps.push(seconds - this.#answeredAt);
    } else if (this.#lastSentAt !== undefined && this.#outstanding.length > 0) {
      this.earlyGaps.push(seconds - this.#lastSentAt);
    }
    this.#lastSentAt = seconds;
    this.#outstanding.push({ seconds, length: payload.length });
  }

  handleDown({ seconds, payload }: CapturedDatagram): void {
    const record = recordOf(payload);
    if (record === "hello" || (record === undefined && !isAnswer(payload))) return;
    const count = record === undefined ? undefined : this.#countAnswers(record);
    // One that came out of order, or twice.
    if (count === 0) return;
    if (this.#outstanding.length === 0) return this.#handleLateAnswer();
    this.#settle(seconds, payload.length, count);
  }

  #beginAnew(): void {
    this.#giveUp();
    this.#answerNumber = undefined;
    this.#missing.clear();
    this.#lastLostUp = undefined;
  }

  /** A handshake in the place of an answer: nothing that was sent came back. */
  #giveUp(): void {
    const givenUp = this.#outstanding.splice(0);
    const last = givenUp.at(-1);
    for (const one of givenUp) this.#add(one.length, 0, undefined, true, one === last);
    if (last === undefined) return;
    this.up.push([]);
    this.down.push([]);
  }

  /** How many answers the server has sent since the one before, this one included; what is missing is lost. */
  #countAnswers(number: number): number | undefined {
    const last = this.#answerNumber;
    if (last !== undefined && number <= last) {
      const place = this.#missing.get(number);
      if (place !== undefined) this.down.at(-1)![place] = false;
      this.#missing.delete(number);
      return 0;
    }
    this.#answerNumber = number;
    if (last === undefined) return undefined;
    // A server has not answered more than it was asked: anything else is another association.
    const count = Math.max(1, Math.min(number - last, this.#outstanding.length));
    for (let missing = number - count + 1; missing < number; missing++) {
      this.#missing.set(missing, this.down.at(-1)!.length);
      this.down.at(-1)!.push(true);
    }
    return count;
  }

  /** What was sent since the last answer is settled by this one: `count` of it was answered, or nobody knows. */
  #settle(seconds: number, length: number, count: number | undefined): void {
    const sent = this.#outstanding.splice(0);
    const last = sent.at(-1)!;
    const isClear = sent.length === 1;
    this.answerGaps.push(seconds - last.seconds);
    for (const { length: bytesUp } of sent.slice(0, -1)) this.#add(bytesUp, length, undefined, true);
    this.#add(last.length, length, isClear ? seconds - last.seconds : undefined, false);
    this.#answeredAt = seconds;
    if (count === undefined) return;
    this.#lastLostUp = undefined;
    for (let i = 0; i < sent.length; i++) {
      const isLost = i < sent.length - count;
      if (isLost) this.#lastLostUp = this.up.at(-1)!.length;
      this.up.at(-1)!.push(isLost);
    }
    this.down.at(-1)!.push(false);
  }

  /** A request that was taken for lost on its way was only answered late. */
  #handleLateAnswer(): void {
    if (this.#lastLostUp === undefined) return;
    this.up.at(-1)![this.#lastLostUp] = false;
    this.#lastLostUp = undefined;
    this.down.at(-1)!.push(false);
  }

  #add(
    bytesUp: number,
    bytesDown: number,
    roundTripSeconds: number | undefined,
    lost: boolean,
    isGivenUp = false,
  ): void {
    this.exchanges.push({ device: this.#device, bytesUp, bytesDown, roundTripSeconds, lost, isGivenUp });
  }
}

/** The number of the protected record in a datagram of DTLS; "hello" for its handshake, undefined for anything else. */
function recordOf(payload: Uint8Array): number | "hello" | undefined {
  const [kind = 0, version = 0] = payload;
  if (payload.length < RECORD_HEADER_LENGTH || version !== 0xfe) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const epoch = view.getUint16(3);
  if (epoch === 0 || kind === HANDSHAKE) return "hello";
  if (kind !== APPLICATION_DATA && kind !== TLS12_CID) return "hello";
  const number = view.getUint16(5) * 2 ** 32 + view.getUint32(7);
  // Under a Connection ID a Finished looks like everything else, and is the first.
  return kind === TLS12_CID && number === 0 ? "hello" : number;
}

/** RFC 7252 3: version 1, and a code of class 0 that is not Empty. */
function isRequest(payload: Uint8Array): boolean {
  return payload.length >= 4 && payload[0]! >> 6 === 1 && payload[1]! >> 5 === 0 && payload[1] !== 0;
}

function isAnswer(payload: Uint8Array): boolean {
  return payload.length >= 4 && payload[0]! >> 6 === 1 && payload[1]! >> 5 >= 2;
}
