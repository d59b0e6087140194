// How many devices a minute are offered a roll-out: more after each so many that were confirmed, up to a most. Offers that were
// not made are saved for a minute and no longer, so that a quiet hour is not followed by a rush.

import type { Pace, Rollout } from "./rollout.ts";

const MINUTE_MS = 60_000;

/** Devices a minute, with so many confirmed. */
export function rateOf({ perMinute, growth, every, most }: Pace, confirmed: number): number {
  return Math.min(most, perMinute * growth ** Math.floor(confirmed / every));
}

/** Offers that may be made at this time of the fleet's; Infinity without a pace. */
export function tokensAt(rollout: Rollout, time: number): number {
  const { pace } = rollout.plan;
  if (pace === undefined) return Number.POSITIVE_INFINITY;
  const rate = rateOf(pace, confirmedOf(rollout));
  return Math.min(Math.max(1, rate), rollout.tokens + ((time - rollout.tokensAt) * rate) / MINUTE_MS);
}

export function confirmedOf({ phases }: Rollout): number {
  let confirmed = 0;
  for (const phase of phases) confirmed += phase.confirmed;
  return confirmed;
}
