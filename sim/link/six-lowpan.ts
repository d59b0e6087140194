// IPv6 over IEEE 802.15.4: fragments (RFC 4944 5.3, RFC 6282 2), the time that a frame takes with CSMA-CA and its
// acknowledgement (IEEE 802.15.4 6.2.5, 6.7), and link retransmissions over several hops of one channel.

import * as v from "valibot";
import { bitsPerSecond, capacityLength, count, group, overheadLength } from "../profiles/figure.ts";

export const meshSchema = group({
  kind: v.literal("mesh"),
  rateBitsPerSecond: bitsPerSecond,
  /** The longest MAC frame: 127 bytes on IEEE 802.15.4, 2047 on Wi-SUN. */
  frameLengthMax: capacityLength,
  /** MAC header, link security and FCS in each frame. */
  frameOverheadLength: overheadLength,
  /** What IPHC and NHC leave of the 48 bytes of IPv6 and UDP. */
  compressedHeaderLength: overheadLength,
  hopCount: count(1, 64),
  /** Transmissions after the first: macMaxFrameRetries, which ends at 7, and those of a layer above it, such as Thread's 15. */
  retryCountMax: count(0, 15),
});

export type MeshModel = v.InferOutput<typeof meshSchema>;

const IPV6_UDP_LENGTH = 48;
const FIRST_FRAGMENT_HEADER_LENGTH = 4;
const NEXT_FRAGMENT_HEADER_LENGTH = 5;
/** Fragment offsets count units of 8 bytes of the uncompressed packet. */
const OFFSET_UNIT = 8;

const SYNCHRONISATION_LENGTH = 6;
const ACKNOWLEDGEMENT_LENGTH = 5;
/** macMinBE 3: 0 to 7 unit back-off periods of 320 microseconds, so 3.5 in the mean on a free channel. */
const MEAN_BACKOFF_MS = 3.5 * 0.32;
const CLEAR_CHANNEL_MS = 0.128;
const TURNAROUND_MS = 0.192;
const LONG_FRAME_SPACING_MS = 0.64;

/** The lengths of the MAC frames that carry a UDP payload of `length` bytes. */
export function meshFrames(model: MeshModel, length: number): number[] {
  const room = model.frameLengthMax - model.frameOverheadLength;
  const whole = model.compressedHeaderLength + length;
  if (whole <= room) return [model.frameOverheadLength + whole];
  const firstRoom = room - FIRST_FRAGMENT_HEADER_LENGTH - model.compressedHeaderLength;
  // The first fragment ends on a unit of the packet before compression, headers included.
  const first = alignedDown(IPV6_UDP_LENGTH + firstRoom) - IPV6_UDP_LENGTH;
  const nextRoom = alignedDown(room - NEXT_FRAGMENT_HEADER_LENGTH);
  const frames = [model.frameOverheadLength + FIRST_FRAGMENT_HEADER_LENGTH + model.compressedHeaderLength + first];
  for (let rest = length - first; rest > 0; rest -= nextRoom) {
    frames.push(model.frameOverheadLength + NEXT_FRAGMENT_HEADER_LENGTH + Math.min(rest, nextRoom));
  }
  return frames;
}

/** Whether a frame has room for a fragment; a profile that fails this can carry nothing. */
export function hasRoomForFragments(model: MeshModel): boolean {
  const least = FIRST_FRAGMENT_HEADER_LENGTH + model.compressedHeaderLength + OFFSET_UNIT;
  return model.frameLengthMax - model.frameOverheadLength >= least;
}

/** From the first bit of the preamble to the last of the frame, in milliseconds. */
export function frameMs(rateBitsPerSecond: number, length: number): number {
  return ((SYNCHRONISATION_LENGTH + length) * 8 * 1000) / rateBitsPerSecond;
}

/** What one attempt at a frame takes on one hop of a free channel, acknowledgement included, in milliseconds. */
export function serviceMs(rateBitsPerSecond: number, length: number): number {
  const acknowledgementMs = frameMs(rateBitsPerSecond, ACKNOWLEDGEMENT_LENGTH);
  const fixedMs = MEAN_BACKOFF_MS + CLEAR_CHANNEL_MS + TURNAROUND_MS + TURNAROUND_MS + LONG_FRAME_SPACING_MS;
  return fixedMs + frameMs(rateBitsPerSecond, length) + acknowledgementMs;
}

/** How many attempts a frame gets in the mean on a hop, when each is lost with chance `attemptLoss`. */
export function meanAttemptCount(attemptLoss: number, retryCountMax: number): number {
  return attemptLoss === 1 ? retryCountMax + 1 : (1 - attemptLoss ** (retryCountMax + 1)) / (1 - attemptLoss);
}

/** The chance that a frame is lost on its way over all hops, each of which gives it up after its retries. */
export function pathLoss(attemptLoss: number, retryCountMax: number, hopCount: number): number {
  return 1 - (1 - attemptLoss ** (retryCountMax + 1)) ** hopCount;
}

function alignedDown(length: number): number {
  return length - (length % OFFSET_UNIT);
}
