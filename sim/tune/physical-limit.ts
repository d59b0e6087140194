// The least time that an image can take over a link: its blocks with their headers cross the downlink at its rate and
// loss, and nothing else. Every frame of a block takes the channel, however the block ends; a block of which a frame is
// lost crosses anew, or with SCHC's ACK-Always that frame alone. Uplinks, round trips, queues and handshakes cost nothing here, but two waits are the downlink's own:
// a duty cycle's silence after each frame, and in class A the uplink that opens each receive window.

import { LORAWAN_OVERHEAD_LENGTH, RECEIVE_DELAY1_MS, silenceAfter } from "../link/lora.ts";
import { airtimeMs, expectedTransmission, framesFor } from "../link/radio.ts";
import { ipHeaderLength, type LinkProfile } from "../profiles/profile.ts";

/** CoAP header, token, ETag, Block2 and payload marker of a typical answer, in a DTLS 1.2 record with CCM-8. */
export const RESPONSE_OVERHEAD_LENGTH = 14 + 29;

const BLOCK_SIZES = [16, 32, 64, 128, 256, 512, 1024] as const;

/** The limit of the block size whose limit is lowest, in seconds: what no device on this link can beat. */
export function leastPhysicalLimitSeconds(profile: LinkProfile, imageLength: number): number {
  return Math.min(...BLOCK_SIZES.map((blockSize) => physicalLimitSeconds(profile, imageLength, blockSize)));
}

/** In seconds, for an image of `imageLength` bytes in blocks of `blockSize`; infinite when nothing can arrive. */
export function physicalLimitSeconds(profile: LinkProfile, imageLength: number, blockSize: number): number {
  const fullCount = Math.floor(imageLength / blockSize);
  const rest = imageLength - fullCount * blockSize;
  const fullMs = fullCount === 0 ? 0 : fullCount * expectedBlockMs(profile, blockSize);
  const restMs = rest === 0 ? 0 : expectedBlockMs(profile, rest);
  return (fullMs + restMs) / 1000 + betweenPassesSeconds(profile, (fullMs + restMs) / 1000);
}

/** How long one block takes until it has arrived whole, in the mean. */
function expectedBlockMs(profile: LinkProfile, blockLength: number): number {
  const { radio, loss } = profile.down;
  let attemptMs = 0;
  let arrival = 1;
  for (const length of framesFor(radio, ipHeaderLength(profile), blockLength + RESPONSE_OVERHEAD_LENGTH)) {
    const expected = expectedTransmission(radio, length, loss);
    const silentMs = expected.channelMs + silenceMs(profile, expected.channelMs);
    const frameMs = Math.max(silentMs, classAPeriodMs(profile, length));
    if (profile.ackAlways === true) {
      // A fragment that got lost is sent again by itself.
      attemptMs += frameMs / expected.arrival;
    } else {
      attemptMs += frameMs;
      arrival *= expected.arrival;
    }
  }
  return attemptMs / arrival;
}

function silenceMs(profile: LinkProfile, channelMs: number): number {
  const dutyCycle = networkDutyCycle(profile);
  return dutyCycle === undefined ? 0 : silenceAfter(channelMs, dutyCycle);
}

/** For which share of the time the network may send; in class A that of the first window's band, the uplinks', besides. */
export function networkDutyCycle({ classA, up, down }: LinkProfile): number | undefined {
  const share = down.radio.kind === "lora" ? down.radio.dutyCycle : undefined;
  if (share === undefined || classA !== true || up.radio.kind !== "lora") return share;
  return Math.min(1, share + (up.radio.dutyCycle ?? 1));
}

/** In class A, how often the device may open a window for a frame of `length` bytes: with an empty uplink each. */
function classAPeriodMs(profile: LinkProfile, length: number): number {
  const { radio } = profile.up;
  if (profile.classA !== true || radio.kind !== "lora") return 0;
  const { channelMs: uplinkMs, arrival } = expectedTransmission(radio, LORAWAN_OVERHEAD_LENGTH, profile.up.loss);
  const uplinkPeriodMs = uplinkMs + (radio.dutyCycle === undefined ? 0 : silenceAfter(uplinkMs, radio.dutyCycle));
  const exchangeMs = uplinkMs + RECEIVE_DELAY1_MS + airtimeMs(profile.down.radio, length);
  return Math.max(uplinkPeriodMs, exchangeMs) / arrival;
}

/** How long a satellite is away while something that takes `seconds` begins with a pass and goes on in the next ones. */
function betweenPassesSeconds({ passes }: LinkProfile, seconds: number): number {
  return passes === undefined
    ? 0
    : Math.floor(seconds / passes.openSeconds) * (passes.everySeconds - passes.openSeconds);
}
