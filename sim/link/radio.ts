// What carries a direction of a link: how a datagram becomes frames, how long a frame holds the channel, and whether it
// arrives. A `stream` is a bearer with a rate, as IP sees it (cellular, BLE, the generic links).

import * as v from "valibot";
import { addMs, type Instant } from "../../src/base/instant.ts";
import {
  bitsPerSecond,
  capacityLength,
  count,
  group,
  oneOf,
  overheadLength,
  positiveFraction,
} from "../profiles/figure.ts";
import { LORAWAN_OVERHEAD_LENGTH, loraTimeOnAir } from "./lora.ts";
import { type LossModel, type LossProcess, meanLoss } from "./loss.ts";
import { frameMs, meanAttemptCount, meshFrames, meshSchema, pathLoss, serviceMs } from "./six-lowpan.ts";

const streamSchema = group({
  kind: v.literal("stream"),
  /** Infinitely fast without it. */
  rateBitsPerSecond: v.exactOptional(bitsPerSecond),
  /** What the link adds to each IP packet. */
  overheadLength,
});

const loraSchema = group({
  kind: v.literal("lora"),
  spreadingFactor: count(7, 12),
  bandwidthHz: oneOf(125_000, 250_000, 500_000),
  codingRate: count(1, 4),
  crc: v.boolean("must be true or false"),
  /** N, the longest FRMPayload at this data rate. */
  payloadLengthMax: capacityLength,
  /** SCHC's fragment header in each frame (RFC 8724, RFC 9011). */
  fragmentHeaderLength: overheadLength,
  /** What SCHC leaves of the IP and UDP headers. */
  compressedHeaderLength: overheadLength,
  dutyCycle: v.exactOptional(positiveFraction),
});

export const radioSchema = v.variant("kind", [streamSchema, loraSchema, meshSchema], "must be stream, lora or mesh");

export type RadioModel = v.InferOutput<typeof radioSchema>;

export interface HopShare {
  /** How long the radios at its ends send and receive. */
  readonly ms: number;
  readonly bytesOnAir: number;
}

export interface Transmission {
  /** How long the channel is taken. */
  readonly channelMs: number;
  /** What goes over the first hop and over the last: the device is at the one end or at the other. */
  readonly firstHop: HopShare;
  readonly lastHop: HopShare;
  /** All bytes sent, link retransmissions and hops included. */
  readonly bytesOnAir: number;
  readonly arrived: boolean;
}

/** What a frame costs and how likely it arrives, in the long run. */
export interface ExpectedTransmission {
  readonly channelMs: number;
  readonly arrival: number;
}

/** The lengths of the frames that carry a UDP payload of `length` bytes whose headers have `ipHeaderLength` bytes. */
export function framesFor(radio: RadioModel, ipHeaderLength: number, length: number): number[] {
  switch (radio.kind) {
    case "stream":
      return [length + ipHeaderLength + radio.overheadLength];
    case "lora":
      return loraFrames(radio, length);
    case "mesh":
      return meshFrames(radio, length);
  }
}

/** Sends one frame of `length` bytes from `start` on. */
export function transmit(radio: RadioModel, start: Instant, length: number, loss: LossProcess): Transmission {
  if (radio.kind === "mesh") return transmitOverHops(radio, start, length, loss);
  const channelMs = airtimeMs(radio, length);
  const hop = { ms: channelMs, bytesOnAir: length };
  return { channelMs, firstHop: hop, lastHop: hop, bytesOnAir: length, arrived: !loss.lost(start, length) };
}

export function expectedTransmission(radio: RadioModel, length: number, loss: LossModel): ExpectedTransmission {
  const frameLoss = meanLoss(loss, length);
  if (radio.kind !== "mesh") return { channelMs: airtimeMs(radio, length), arrival: 1 - frameLoss };
  const { hopCount, retryCountMax } = radio;
  const hopLoss = pathLoss(frameLoss, retryCountMax, 1);
  // A frame that is given up on one hop takes no time on the next.
  const reachedHopCount = hopLoss === 0 ? hopCount : (1 - (1 - hopLoss) ** hopCount) / hopLoss;
  return {
    channelMs: airtimeMs(radio, length) * meanAttemptCount(frameLoss, retryCountMax) * reachedHopCount,
    arrival: 1 - pathLoss(frameLoss, retryCountMax, hopCount),
  };
}

/** How long one attempt at a frame of `length` bytes takes the channel, on one hop. */
export function airtimeMs(radio: RadioModel, length: number): number {
  switch (radio.kind) {
    case "stream":
      return radio.rateBitsPerSecond === undefined ? 0 : (length * 8 * 1000) / radio.rateBitsPerSecond;
    case "lora":
      return loraTimeOnAir(radio, length);
    case "mesh":
      return serviceMs(radio.rateBitsPerSecond, length);
  }
}

function loraFrames(radio: v.InferOutput<typeof loraSchema>, length: number): number[] {
  const room = radio.payloadLengthMax - radio.fragmentHeaderLength;
  const frames: number[] = [];
  for (let rest = radio.compressedHeaderLength + length; rest > 0; rest -= room) {
    frames.push(LORAWAN_OVERHEAD_LENGTH + radio.fragmentHeaderLength + Math.min(rest, room));
  }
  return frames;
}

function transmitOverHops(
  radio: v.InferOutput<typeof meshSchema>,
  start: Instant,
  length: number,
  loss: LossProcess,
): Transmission {
  const attemptMs = serviceMs(radio.rateBitsPerSecond, length);
  const hopMs = frameMs(radio.rateBitsPerSecond, length);
  const share = (attempts: number): HopShare => ({ ms: attempts * hopMs, bytesOnAir: attempts * length });
  let attemptCount = 0;
  const hopAttemptCounts = new Array<number>(radio.hopCount).fill(0);
  let arrived = true;
  for (let hop = 0; hop < radio.hopCount && arrived; hop++) {
    arrived = false;
    for (let attempt = 0; attempt <= radio.retryCountMax && !arrived; attempt++) {
      arrived = !loss.lost(addMs(start, attemptCount * attemptMs), length);
      attemptCount++;
      hopAttemptCounts[hop]!++;
    }
  }
  return {
    channelMs: attemptCount * attemptMs,
    firstHop: share(hopAttemptCounts[0]!),
    lastHop: share(hopAttemptCounts.at(-1)!),
    bytesOnAir: attemptCount * length,
    arrived,
  };
}
