// What a fit has to find: the figures of the link that was recorded.

import type { RoundTripFit } from "../../sim/fit/round-trip-fit.ts";
import { meanDelay } from "../../sim/link/delay.ts";
import { type LossModel, meanLoss } from "../../sim/link/loss.ts";
import { checkedProfile, ipHeaderLength, type LinkProfile } from "../../sim/profiles/profile.ts";
import { profileNamed } from "../../sim/profiles/profiles.ts";

const RATES = { up: 40_000, down: 60_000 };

/** Links that lose enough for 2,000 exchanges to say how much, and are not slow: in real time too they are recorded in minutes. */
export const FITTED_PROFILES: readonly LinkProfile[] = [
  withRates(profileNamed("bernoulli:loss=5%,rtt=100ms")),
  withRates(profileNamed("gilbert:p=0.04,r=0.45,rtt=150ms")),
  lossyAs("lte-m", { kind: "bernoulli", probability: 0.08 }, { kind: "bernoulli", probability: 0.03 }),
  lossyAs(
    "nb-iot-ce0",
    { kind: "bernoulli", probability: 0.04 },
    { kind: "gilbert-packet", goodToBad: 0.05, badToGood: 0.5, lossInBad: 1, lossInGood: 0 },
  ),
];

/** The mean of what is lost of exchanges, one way or the other. */
export function exchangeLoss({ up, down }: LinkProfile): number {
  return 1 - (1 - meanLoss(up.loss, 0)) * (1 - meanLoss(down.loss, 0));
}

/** How many in a row a direction loses, in the mean. */
export function burstOf(loss: LossModel): number {
  return loss.kind === "gilbert-packet" ? 1 / loss.badToGood : 1 / (1 - meanLoss(loss, 0));
}

/** The same of exchanges. A request that got lost leaves the downlink's chain where it is. */
export function exchangeBurst({ up, down }: LinkProfile): number {
  return expectedRun(chainOf(up.loss), chainOf(down.loss));
}

interface Chain {
  readonly p: number;
  readonly r: number;
}

function chainOf(loss: LossModel): Chain {
  if (loss.kind === "gilbert-packet") return { p: loss.goodToBad, r: loss.badToGood };
  const share = meanLoss(loss, 0);
  return { p: share, r: 1 - share };
}

/**
 * Lost exchanges over those that begin a run of them, in the stationary chain of what both directions did last, found by
 * iteration.
 */
function expectedRun(u: Chain, d: Chain): number {
  let state: readonly State[] = [{ upBad: false, downBad: false, share: 1 }];
  for (let step = 0; step < STEPS; step++) state = merged(state.flatMap((one) => stepsFrom(one, u, d)));
  const lostFrom = ({ upBad, downBad, share }: State) => {
    return share * (1 - (upBad ? u.r : 1 - u.p) * (downBad ? d.r : 1 - d.p));
  };
  const lost = state.reduce((sum, one) => sum + lostFrom(one), 0);
  const begun = state.filter(({ upBad, downBad }) => !upBad && !downBad).reduce((sum, one) => sum + lostFrom(one), 0);
  return lost / begun;
}

interface State {
  readonly upBad: boolean;
  readonly downBad: boolean;
  readonly share: number;
}

/** More than the slowest of these chains takes to forget how it began. */
const STEPS = 500;

function stepsFrom({ upBad, downBad, share }: State, u: Chain, d: Chain): readonly State[] {
  const upFails = upBad ? 1 - u.r : u.p;
  const downFails = downBad ? 1 - d.r : d.p;
  return [
    { upBad: true, downBad, share: share * upFails },
    { upBad: false, downBad: true, share: share * (1 - upFails) * downFails },
    { upBad: false, downBad: false, share: share * (1 - upFails) * (1 - downFails) },
  ];
}

function merged(states: readonly State[]): readonly State[] {
  return [true, false].flatMap((upBad) =>
    [true, false].map((downBad) => {
      const alike = states.filter((one) => one.upBad === upBad && one.downBad === downBad);
      return { upBad, downBad, share: alike.reduce((sum, { share }) => sum + share, 0) };
    }),
  );
}

/** In seconds, for exchanges of the mean lengths that were seen. */
export function exchangeSeconds(profile: LinkProfile, { bytesUp, bytesDown }: RoundTripFit): number {
  const crossing = (direction: "up" | "down", length: number) => {
    const { radio, delay } = profile[direction];
    if (radio.kind !== "stream") throw new Error("only streams are fitted");
    const bits = 8 * (length + ipHeaderLength(profile) + radio.overheadLength);
    return bits / (radio.rateBitsPerSecond ?? Number.POSITIVE_INFINITY) + meanDelay(delay) / 1000;
  };
  return crossing("up", bytesUp) + crossing("down", bytesDown);
}

export function rateOf(profile: LinkProfile, direction: "up" | "down"): number {
  const { radio } = profile[direction];
  return radio.kind === "stream" ? (radio.rateBitsPerSecond ?? Number.POSITIVE_INFINITY) : Number.NaN;
}

function withRates(profile: LinkProfile): LinkProfile {
  const rated = (direction: "up" | "down") => {
    return { ...profile[direction], radio: { kind: "stream", rateBitsPerSecond: RATES[direction], overheadLength: 0 } };
  };
  return checkedProfile({ ...profile, up: rated("up"), down: rated("down") });
}

/** A named link with losses that can be counted, awake and never out. */
function lossyAs(name: string, up: LossModel, down: LossModel): LinkProfile {
  const { sleep: _sleep, ...profile } = profileNamed(name);
  return checkedProfile({ ...profile, up: { ...profile.up, loss: up }, down: { ...profile.down, loss: down } });
}
