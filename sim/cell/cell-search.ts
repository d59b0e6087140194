// Which numbers of devices at a time are worth many campaigns: one of each is run, from few devices upwards, until more only
// make it later. All of them at once always has its campaign, because that is what happens when nobody holds devices back.

import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import { type Campaign, type CampaignResult, type Cell, countsAtATime, runCampaign } from "./campaign.ts";

/** Between the best number and one that so much later ends, or later still, no larger one is looked for. */
const LATER_FACTOR = 1.25;

/** A campaign that takes so many times as long as the best one before it is broken off: its answer is known. */
const BREAK_OFF_FACTOR = 4;

/** One campaign that was run. */
export interface TriedCampaign {
  readonly campaign: Campaign;
  readonly result: CampaignResult;
}

/** In the order of their numbers at a time. */
export function searchCell(
  crypto: CryptoProvider,
  cell: Cell,
  seed: number,
  progress: (endedCount: number) => void,
): readonly TriedCampaign[] {
  const tried: TriedCampaign[] = [];
  for (const atATime of countsAtATime(cell.deviceCount)) {
    const best = bestOf(tried);
    const previous = tried.at(-1);
    if (atATime < cell.deviceCount && best !== undefined && isBeyond(best.result, previous!.result)) continue;
    const campaign: Campaign = {
      ...cell,
      atATime,
      ...(best !== undefined && { breakOffSeconds: BREAK_OFF_FACTOR * best.result.last }),
    };
    tried.push({ campaign, result: runCampaign(crypto, campaign, seed, progress) });
  }
  return tried;
}

function isBeyond(best: CampaignResult, { completed, last }: CampaignResult): boolean {
  return completed < best.completed || last > LATER_FACTOR * best.last;
}

/** Most devices have the image, then the earliest end; undefined while no campaign got it to any. */
function bestOf(tried: readonly TriedCampaign[]): TriedCampaign | undefined {
  const most = Math.max(...tried.map(({ result }) => result.completed));
  return tried
    .filter(({ result }) => result.completed === most && most > 0)
    .reduce<TriedCampaign | undefined>(
      (best, one) => (best === undefined || one.result.last < best.result.last ? one : best),
      undefined,
    );
}
