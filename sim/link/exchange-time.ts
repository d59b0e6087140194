// How long a request and the answer that carries a block are under way on a link that is otherwise idle, in the mean, and
// the ACK_TIMEOUT that follows from it: RFC 7252 4.8's 2 s make copies of every request where an exchange takes longer.

import { type DirectionProfile, ipHeaderLength, type LinkProfile } from "../profiles/profile.ts";
import { RESPONSE_OVERHEAD_LENGTH } from "../tune/physical-limit.ts";
import { meanDelay } from "./delay.ts";
import { silenceAfter } from "./lora.ts";
import { expectedTransmission, framesFor } from "./radio.ts";

/** CoAP header, token, Uri-Path and Block2 in a DTLS 1.2 record with CCM-8 and a Connection ID. */
const REQUEST_LENGTH = 14 + 36;

/** How much longer than the mean a first timeout is: above the spread of a usual exchange, below a second one. */
const MARGIN = 1.5;

/** In seconds, for a block of `blockSize` bytes. */
export function meanExchangeSeconds(profile: LinkProfile, blockSize: number): number {
  const header = ipHeaderLength(profile);
  const upMs = meanCrossingMs(profile.up, header, REQUEST_LENGTH);
  const downMs = meanCrossingMs(profile.down, header, RESPONSE_OVERHEAD_LENGTH + blockSize);
  return (upMs + downMs) / 1000;
}

/** An ACK_TIMEOUT for blocks of up to `blockSize` bytes, in whole seconds. */
export function suggestedAckTimeoutSeconds(profile: LinkProfile, blockSize: number): number {
  return Math.ceil(MARGIN * meanExchangeSeconds(profile, blockSize));
}

/** Frames one after the other, each with the silence that a duty cycle wants after it, and the delay of the last. */
function meanCrossingMs({ radio, loss, delay }: DirectionProfile, header: number, length: number): number {
  let ms = meanDelay(delay);
  for (const frame of framesFor(radio, header, length)) {
    const { channelMs } = expectedTransmission(radio, frame, loss);
    const dutyCycle = radio.kind === "lora" ? radio.dutyCycle : undefined;
    ms += channelMs + (dutyCycle === undefined ? 0 : silenceAfter(channelMs, dutyCycle));
  }
  return ms;
}
