// All runs of all combinations, each one update of one device.

import type { Combination, RunResult } from "../../../sim/tune/tune.ts";
import { runEach } from "./worker-pool.ts";

/** What each thread is started with. */
export interface TuneWorkerData {
  readonly combinations: readonly Combination[];
  readonly seed: number;
}

export interface RunsInput extends TuneWorkerData {
  /** Of each combination. */
  readonly runs: number;
  readonly threadCount: number;
  readonly progress: (runsDone: number, runsTotal: number) => void;
  /** Ends everything at once; runsOf then throws its reason. */
  readonly stop: AbortSignal;
}

/** The results of each combination, run by run. Throws what a run throws. */
export function runsOf(input: RunsInput): Promise<readonly (readonly RunResult[])[]> {
  const { combinations, seed, runs, threadCount, stop } = input;
  const workerData: TuneWorkerData = { combinations, seed };
  let runsDone = 0;
  return runEach<RunResult>({
    script: new URL("./tune-worker.js", import.meta.url),
    workerData,
    jobCount: combinations.length,
    firstRun: 0,
    runCount: runs,
    threadCount,
    progress: (amount) => {
      runsDone += amount;
      input.progress(runsDone, combinations.length * runs);
    },
    stop,
  });
}
