// `narrowboat tune --devices N --shared`: when a campaign over one channel ends, and how many devices at a time are best.

import { availableParallelism } from "node:os";
import type { Cell } from "../../../sim/cell/campaign.ts";
import { type CellRow, cellRows } from "../../../sim/cell/cell-row.ts";
import type { Combination } from "../../../sim/tune/tune.ts";
import { campaignRuns } from "../../shell/runs/campaign-runs.ts";
import { wrongUse } from "../command-error.ts";
import { whileSimulating } from "./simulating.ts";

/** Of the updates of one row; a campaign of many devices says as much as many campaigns of few. */
const UPDATES_MIN = 2_000;
const RUNS_MIN = 3;
/** As many as leave a further campaign within what these came to in 95 of 100 cases. */
const RUNS_MAX = 40;

export interface CellArguments {
  readonly devices: number | undefined;
  readonly shared: boolean;
  readonly spread: number | undefined;
  readonly trace: boolean;
}

/** How many devices come over how many seconds; undefined where devices are simulated by themselves. */
export function cellFor(args: CellArguments): Omit<Cell, "combination"> | undefined {
  const { devices, shared, spread } = args;
  if (devices === undefined && !shared && spread === undefined) return undefined;
  if (devices === undefined || !shared) {
    throw wrongUse("--devices N, --shared and --spread T go together: N devices that share one channel come over T");
  }
  if (args.trace) throw wrongUse("--trace follows one device by itself: leave --shared out");
  return { deviceCount: devices, spreadSeconds: spread ?? 0 };
}

/** How often each campaign is run unless told. */
export function campaignRunCount({ deviceCount }: Omit<Cell, "combination">): number {
  return Math.min(RUNS_MAX, Math.max(RUNS_MIN, Math.ceil(UPDATES_MIN / deviceCount)));
}

/** Of the timers that are tried by default: on a shared channel each exchange takes longer than on one's own. */
export function longestTimers(combinations: readonly Combination[]): readonly Combination[] {
  return combinations.filter(
    ({ profile, blockSize, window, ackTimeoutSeconds }) =>
      !combinations.some(
        (other) =>
          other.profile === profile &&
          other.blockSize === blockSize &&
          other.window === window &&
          other.ackTimeoutSeconds > ackTimeoutSeconds,
      ),
  );
}

export interface CellSimulation {
  readonly cell: Omit<Cell, "combination">;
  readonly combinations: readonly Combination[];
  readonly runs: number;
  readonly seed: number;
  /** Whether nobody gave it. */
  readonly seedIsDrawn: boolean;
}

export async function simulatedCells(input: CellSimulation): Promise<readonly CellRow[]> {
  const { cell, combinations, runs, seed, seedIsDrawn } = input;
  const cells = combinations.map((combination) => ({ combination, ...cell }));
  const threadCount = availableParallelism();
  return whileSimulating("updates", seed, seedIsDrawn, async (progress, stop) =>
    cellRows(await campaignRuns({ cells, runs, seed, threadCount, progress, stop })),
  );
}
