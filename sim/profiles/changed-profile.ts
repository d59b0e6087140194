// A named link with some of its figures changed in place: `lte-m:loss=2%`, `nb-iot-ce1:rtt=5s,mtu=540`.

import { type DelayModel, meanDelay } from "../link/delay.ts";
import { checkedProfile, type DirectionProfile, type LinkProfile, ProfileError } from "./profile.ts";
import {
  bytes,
  descriptionsOf,
  GIVEN,
  onOff,
  type ParameterDescription,
  type Parameters,
  share,
  time,
  valuesFor,
} from "./profile-parameters.ts";

const CHANGES = {
  loss: { quantity: share, byDefault: undefined, meaning: "share of frames lost each way, each by itself" },
  rtt: {
    quantity: time,
    byDefault: undefined,
    meaning: "mean round trip without serialisation: both delays become longer or shorter in proportion",
  },
  mtu: { quantity: bytes, byDefault: undefined, meaning: "longest IP packet" },
  "ack-always": {
    quantity: onOff,
    byDefault: undefined,
    meaning: "LoRaWAN: whether each downlink fragment is acknowledged and repeated (RFC 9011 5.6.3)",
  },
} as const satisfies Parameters;

export const CHANGE_DESCRIPTIONS: readonly ParameterDescription[] = descriptionsOf(CHANGES);

/** `profile` with what "loss=2%,mtu=540" says; throws ProfileError that says what is allowed. */
export function changedProfile(profile: LinkProfile, parameters: string): LinkProfile {
  const { loss, rtt, mtu, "ack-always": ackAlways } = valuesFor(profile.name, CHANGES, parameters);
  let { up, down, sources } = profile;
  if (loss !== undefined) {
    up = { ...up, loss: { kind: "bernoulli", probability: loss } };
    down = { ...down, loss: { kind: "bernoulli", probability: loss } };
    sources = givenAt(sources, "up.loss", "down.loss");
  }
  if (rtt !== undefined) {
    const factor = rtt / meanRoundTrip(profile);
    up = { ...up, delay: stretched(up.delay, factor) };
    down = { ...down, delay: stretched(down.delay, factor) };
    sources = givenAt(sources, "up.delay", "down.delay");
  }
  if (mtu !== undefined) sources = givenAt(sources, "mtu");
  if (ackAlways !== undefined && profile.down.radio.kind !== "lora") {
    throw new ProfileError(`profile ${profile.name}: has no fragments of SCHC that ack-always could acknowledge`);
  }
  const changes = { ...(mtu !== undefined && { mtu }), ...(ackAlways !== undefined && { ackAlways: ackAlways === 1 }) };
  // Checked as a file would be: a year of round trip is well-formed here, and still no link.
  return checkedProfile({ ...profile, ...changes, up, down, sources });
}

function meanRoundTrip({ name, up, down }: LinkProfile): number {
  const ms = meanDelay(up.delay) + meanDelay(down.delay);
  if (ms > 0) return ms;
  throw new ProfileError(`profile ${name}: has no delay that rtt could change`);
}

function stretched(delay: DelayModel, factor: number): DirectionProfile["delay"] {
  switch (delay.kind) {
    case "fixed":
      return { ...delay, ms: delay.ms * factor };
    case "uniform":
      return { ...delay, minMs: delay.minMs * factor, maxMs: delay.maxMs * factor };
    case "gamma":
      return { ...delay, floorMs: delay.floorMs * factor, meanMs: delay.meanMs * factor };
    case "normal":
      return { ...delay, meanMs: delay.meanMs * factor, deviationMs: delay.deviationMs * factor };
  }
}

/** The sources, where the operator has given what is at these paths and below. */
function givenAt(sources: LinkProfile["sources"], ...paths: readonly string[]): LinkProfile["sources"] {
  const others = Object.entries(sources).filter(
    ([key]) => !paths.some((path) => key === path || key.startsWith(`${path}.`)),
  );
  return { ...Object.fromEntries(others), ...Object.fromEntries(paths.map((path) => [path, GIVEN])) };
}
