// All runs of all combinations, on as many threads as asked for. A run depends on its place and the seed alone, so that
// neither the number of threads nor their pace shows in the results.

import { Worker } from "node:worker_threads";
import type { Combination, RunResult } from "../../sim/tune/tune.ts";

/** What each thread is started with. */
export interface TuneWorkerData {
  readonly combinations: readonly Combination[];
  readonly seed: number;
}

/** Which run: that of this number, of the combination at this place. */
export interface RunPlace {
  readonly combination: number;
  readonly run: number;
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
export async function runsOf(input: RunsInput): Promise<readonly (readonly RunResult[])[]> {
  const { combinations, seed, runs, threadCount } = input;
  const results = combinations.map(() => new Array<RunResult>(runs));
  const runsTotal = combinations.length * runs;
  let runsDone = 0;
  const places = placesOf(input);
  const workers = Array.from({ length: Math.min(threadCount, runsTotal) }, () => {
    const workerData: TuneWorkerData = { combinations, seed };
    return new Worker(new URL("./tune-worker.js", import.meta.url), { workerData });
  });
  const take = ({ combination, run }: RunPlace, result: RunResult): void => {
    results[combination]![run] = result;
    input.progress(++runsDone, runsTotal);
  };
  try {
    await Promise.all(workers.map((worker) => keepBusy(worker, places, take, input.stop)));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}

/** Run by run over all combinations, so that what is left of the time can be told early. */
function* placesOf({ combinations, runs }: RunsInput): Generator<RunPlace, void> {
  for (let run = 0; run < runs; run++) {
    for (let combination = 0; combination < combinations.length; combination++) yield { combination, run };
  }
}

/** Resolves when no place is left. */
function keepBusy(
  worker: Worker,
  places: Generator<RunPlace, void>,
  take: (place: RunPlace, result: RunResult) => void,
  stop: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const { value: place } = places.next();
      if (place === undefined) resolve();
      else worker.postMessage(place);
    };
    worker.on("message", ({ place, result }: { place: RunPlace; result: RunResult }) => {
      take(place, result);
      next();
    });
    worker.on("error", reject);
    const interrupt = (): void => reject(stop.reason);
    stop.addEventListener("abort", interrupt, { once: true });
    next();
  });
}
