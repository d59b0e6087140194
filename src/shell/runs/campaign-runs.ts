// All campaigns of all cells: the first run of each cell finds out which numbers of devices at a time are worth more, and only
// these are run again.

import { type Campaign, type CampaignResult, type Cell, countsAtATime } from "../../../sim/cell/campaign.ts";
import type { CampaignRuns } from "../../../sim/cell/cell-row.ts";
import type { TriedCampaign } from "../../../sim/cell/cell-search.ts";
import { runEach } from "./worker-pool.ts";

/** What each thread of the first run is started with. */
export interface CellWorkerData {
  readonly cells: readonly Cell[];
  readonly seed: number;
}

/** What each thread of the further runs is started with. */
export interface CampaignWorkerData {
  readonly campaigns: readonly Campaign[];
  readonly seed: number;
}

export interface CampaignRunsInput extends CellWorkerData {
  /** Of each campaign. */
  readonly runs: number;
  readonly threadCount: number;
  /** Updates that have ended, of those that might be needed. */
  readonly progress: (updatesDone: number, updatesTotal: number) => void;
  /** Ends everything at once; campaignRuns then throws its reason. */
  readonly stop: AbortSignal;
}

/** Cell by cell, in each from few devices at a time to all of them. Throws what a run throws. */
export async function campaignRuns(input: CampaignRunsInput): Promise<readonly CampaignRuns[]> {
  const { cells, seed, runs, threadCount, stop } = input;
  const cellWorkerData: CellWorkerData = { cells, seed };
  const updatesTotal = runs * sum(cells.map(({ deviceCount }) => deviceCount * countsAtATime(deviceCount).length));
  let updatesDone = 0;
  const progress = (amount: number): void => {
    updatesDone += amount;
    input.progress(updatesDone, updatesTotal);
  };
  const searches = await runEach<readonly TriedCampaign[]>({
    script: new URL("./cell-worker.js", import.meta.url),
    workerData: cellWorkerData,
    jobCount: cells.length,
    firstRun: 0,
    runCount: 1,
    threadCount,
    progress,
    stop,
  });
  const first = searches.flat(2);
  const candidates = first.filter(({ isCandidate }) => isCandidate);
  const campaigns = candidates.map(({ campaign: { bound: _bound, ...campaign } }) => campaign);
  const campaignWorkerData: CampaignWorkerData = { campaigns, seed };
  // Numbers that the search left out need no further runs.
  progress(updatesTotal - updatesDone - (runs - 1) * sum(campaigns.map(({ deviceCount }) => deviceCount)));
  const further = await runEach<CampaignResult>({
    script: new URL("./campaign-worker.js", import.meta.url),
    workerData: campaignWorkerData,
    jobCount: campaigns.length,
    firstRun: 1,
    runCount: runs - 1,
    threadCount,
    progress,
    stop,
  });
  return first.map((one) => {
    const { campaign, result, isCandidate } = one;
    return { campaign, results: [result, ...(further[candidates.indexOf(one)] ?? [])], isCandidate };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
