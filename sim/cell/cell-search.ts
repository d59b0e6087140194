// Which numbers of devices at a time are worth many campaigns: one of each is run, from few devices upwards, until more only
// make it later. What cannot be the best any more is cut short: of a crowded channel much is sent in vain, so that the
// campaigns that are worth least would take longest to compute. All of them at once always has its campaign, because that is
// what happens when nobody holds devices back.

import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import {
  type Campaign,
  type CampaignBound,
  type CampaignResult,
  type Cell,
  countsAtATime,
  runCampaign,
} from "./campaign.ts";

/** Of so few devices all numbers are worth their campaigns, so that a real one can be compared with any. */
const DEVICES_FEW = 20;
const LATER_FACTOR_OF_FEW = 4;

/** One campaign that was run. */
export interface TriedCampaign {
  readonly campaign: Campaign;
  readonly result: CampaignResult;
  /** Whether it may be the best, as far as one campaign tells: more of it will. */
  readonly isCandidate: boolean;
}

type Tried = Omit<TriedCampaign, "isCandidate">;

/** In the order of their numbers at a time. */
export function searchCell(
  crypto: CryptoProvider,
  cell: Cell,
  seed: number,
  progress: (endedCount: number) => void,
): readonly TriedCampaign[] {
  const tried: Tried[] = [];
  for (const atATime of countsAtATime(cell.deviceCount)) {
    if (atATime < cell.deviceCount && tried.at(-1)?.result.cutShort !== undefined) continue;
    const best = bestOf(tried);
    const campaign: Campaign = {
      ...cell,
      atATime,
      ...(best !== undefined && { bound: boundFor(cell, atATime, best) }),
    };
    tried.push({ campaign, result: runCampaign(crypto, campaign, seed, progress) });
  }
  const best = bestOf(tried);
  return tried.map((one) => ({ ...one, isCandidate: best === undefined || isWithin(boundBy(best), one) }));
}

/** How many fail is told of all at once, and of all numbers where devices are few. */
function boundFor({ deviceCount }: Cell, atATime: number, best: Tried): CampaignBound {
  const { seconds, failures } = boundBy(best);
  const isTold = atATime === deviceCount || deviceCount <= DEVICES_FEW;
  return { seconds, failures: isTold ? Number.POSITIVE_INFINITY : failures };
}

/** What is beyond this is worse than `best`, whatever luck this one campaign of each had. */
function boundBy({ campaign: { deviceCount }, result }: Tried): CampaignBound {
  const failures = deviceCount - result.completed;
  return {
    seconds: laterFactor(deviceCount) * result.last,
    // Twice what so rare a thing scatters by.
    failures: failures + 2 * Math.sqrt(failures + 1),
  };
}

/** The more devices, the less the ends of two campaigns differ by luck alone. */
function laterFactor(deviceCount: number): number {
  return deviceCount <= DEVICES_FEW ? LATER_FACTOR_OF_FEW : 1.05 + 1 / Math.sqrt(deviceCount);
}

function isWithin({ seconds, failures }: CampaignBound, { campaign, result }: Tried): boolean {
  const { completed, last, cutShort } = result;
  return cutShort === undefined && last <= seconds && campaign.deviceCount - completed <= failures;
}

/** Of those that were run to their end and, as far as one campaign tells, leave no more devices without the image: the earliest. */
function bestOf(tried: readonly Tried[]): Tried | undefined {
  const whole = tried.filter(({ result }) => result.cutShort === undefined && result.completed > 0);
  const most = least(whole, ({ result }) => -result.completed);
  if (most === undefined) return undefined;
  const { failures } = boundBy(most);
  const complete = whole.filter(({ campaign, result }) => campaign.deviceCount - result.completed <= failures);
  return least(complete, ({ result }) => result.last);
}

function least(group: readonly Tried[], figure: (one: Tried) => number): Tried | undefined {
  return group.reduce<Tried | undefined>(
    (best, one) => (best === undefined || figure(one) < figure(best) ? one : best),
    undefined,
  );
}
