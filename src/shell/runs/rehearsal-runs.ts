// All runs of a rehearsal, each on luck of its own.

import type { Rehearsal, RehearsalResult } from "../../../sim/rehearsal/rehearsal.ts";
import { runEach } from "./worker-pool.ts";

/** What each thread is started with. */
export interface RehearsalWorkerData {
  readonly rehearsal: Rehearsal;
  readonly seed: number;
}

export interface RehearsalRunsInput extends RehearsalWorkerData {
  readonly runs: number;
  readonly threadCount: number;
  /** Devices that run the new image, of all runs. */
  readonly progress: (updatesDone: number, updatesTotal: number) => void;
  /** Ends everything at once; rehearsalRuns then throws its reason. */
  readonly stop: AbortSignal;
}

/** Run by run. Throws what a run throws. */
export async function rehearsalRuns(input: RehearsalRunsInput): Promise<readonly RehearsalResult[]> {
  const { rehearsal, seed, runs, threadCount, stop } = input;
  const workerData: RehearsalWorkerData = { rehearsal, seed };
  let done = 0;
  const [results] = await runEach<RehearsalResult>({
    script: new URL("./rehearsal-worker.js", import.meta.url),
    workerData,
    jobCount: 1,
    firstRun: 0,
    runCount: runs,
    threadCount,
    progress: (amount) => {
      done += amount;
      input.progress(done, runs * rehearsal.deviceCount);
    },
    stop,
  });
  return results!;
}
