// Links that belong to no technology, with parameters in place: `ideal:rtt=138ms`, `bernoulli:loss=0.1,rtt=1s,rate=20000`,
// `gilbert:p=0.02,r=0.2,rtt=1s`. All figures are the operator's own.

import type { DelayModel } from "../link/delay.ts";
import type { LossModel } from "../link/loss.ts";
import { checkedProfile, type DirectionProfile, type LinkProfile } from "./profile.ts";
import {
  bytes,
  descriptionsOf,
  GIVEN,
  type ParameterDescription,
  type Parameters,
  rate,
  share,
  time,
  type Values,
  valuesFor,
} from "./profile-parameters.ts";

interface GenericLink {
  readonly summary: string;
  readonly parameters: Parameters;
  loss(values: Values): LossModel;
}

const CARRIAGE = {
  rtt: { quantity: time, byDefault: 0, meaning: "round trip without serialisation, half of it each way" },
  jitter: { quantity: time, byDefault: 0, meaning: "standard deviation of the delay each way; order is not kept" },
  rate: { quantity: rate, byDefault: undefined, meaning: "bits per second each way; without it infinitely fast" },
  mtu: { quantity: bytes, byDefault: 1500, meaning: "longest IP packet" },
  duplicate: { quantity: share, byDefault: 0, meaning: "share of datagrams that arrive twice" },
} as const satisfies Parameters;

const GENERIC_LINKS: Readonly<Record<string, GenericLink>> = {
  ideal: {
    summary: "loses nothing",
    parameters: CARRIAGE,
    loss: () => ({ kind: "none" }),
  },
  bernoulli: {
    summary: "loses each datagram by itself",
    parameters: { ...CARRIAGE, loss: { quantity: share, byDefault: 0.1, meaning: "share of datagrams lost each way" } },
    loss: (values) => ({ kind: "bernoulli", probability: values["loss"]! }),
  },
  gilbert: {
    summary: "loses datagrams in bursts, a step of the chain for each datagram as netem's `loss gemodel`",
    parameters: {
      ...CARRIAGE,
      p: { quantity: share, byDefault: 0.02, meaning: "chance to go from good to bad, above 0" },
      r: { quantity: share, byDefault: 0.2, meaning: "chance to go from bad to good, above 0" },
      h: { quantity: share, byDefault: 1, meaning: "loss in the bad state (netem's 1-h)" },
      k: { quantity: share, byDefault: 0, meaning: "loss in the good state (netem's 1-k)" },
    },
    loss: (values) => ({
      kind: "gilbert-packet",
      goodToBad: values["p"]!,
      badToGood: values["r"]!,
      lossInBad: values["h"]!,
      lossInGood: values["k"]!,
    }),
  },
};

/** A generic link for listings. */
export interface GenericLinkDescription {
  readonly name: string;
  readonly summary: string;
  readonly parameters: readonly ParameterDescription[];
}

export const GENERIC_LINK_DESCRIPTIONS: readonly GenericLinkDescription[] = Object.entries(GENERIC_LINKS).map(
  ([name, { summary, parameters }]) => ({
    name,
    summary,
    parameters: descriptionsOf(parameters),
  }),
);

/** The generic link `name` with parameters such as "rtt=1s,rate=20000"; undefined when there is no such link. */
export function genericProfile(name: string, parameters: string): LinkProfile | undefined {
  const link = Object.hasOwn(GENERIC_LINKS, name) ? GENERIC_LINKS[name] : undefined;
  if (link === undefined) return undefined;
  const values = valuesFor(name, link.parameters, parameters);
  const direction = directionFor(values, link.loss(values));
  // Checked as a file would be: a year of round trip is well-formed here, and still no link.
  return checkedProfile({
    name,
    summary: link.summary,
    duplex: "full",
    ipVersion: 4,
    mtu: values["mtu"]!,
    up: direction,
    down: direction,
    energy: { transmitWatts: 0, receiveWatts: 0, wakeJoules: 0 },
    sources: { "": GIVEN },
  });
}

function directionFor(values: Values, loss: LossModel): DirectionProfile {
  const delay: DelayModel =
    values["jitter"] === 0
      ? { kind: "fixed", ms: values["rtt"]! / 2 }
      : { kind: "normal", meanMs: values["rtt"]! / 2, deviationMs: values["jitter"]! };
  const { rate: rateBitsPerSecond } = values;
  return {
    radio: { kind: "stream", overheadLength: 0, ...(rateBitsPerSecond !== undefined && { rateBitsPerSecond }) },
    loss,
    delay,
    inOrder: false,
    duplication: values["duplicate"]!,
    queue: { countMax: 1000, lifetimeSeconds: 86_400 },
  };
}
