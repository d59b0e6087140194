// Runs on as many threads as asked for. A run depends on its place and on what all threads were given, so that neither the
// number of threads nor their pace shows in the results.

import { Worker } from "node:worker_threads";

/** Which run: that of this number, of the job at this place in the list. */
export interface RunPlace {
  readonly job: number;
  readonly run: number;
}

/** What a thread says of the run that it was sent the place of: that it has ended, or how much more of it is done. */
export type WorkerMessage<Result> =
  | { readonly kind: "ended"; readonly place: RunPlace; readonly result: Result }
  | { readonly kind: "progress"; readonly amount: number };

export interface PoolInput {
  /** What each thread runs: it is sent one RunPlace after the other, and answers each by WorkerMessages. */
  readonly script: URL;
  readonly workerData: unknown;
  readonly jobCount: number;
  /** Of each job: the runs from this number on, and how many. */
  readonly firstRun: number;
  readonly runCount: number;
  readonly threadCount: number;
  readonly progress: (amount: number) => void;
  /** Ends everything at once; runEach then throws its reason. */
  readonly stop: AbortSignal;
}

/** The results of each job, run by run. Throws what a run throws. */
export async function runEach<Result>(input: PoolInput): Promise<readonly (readonly Result[])[]> {
  const { script, workerData, jobCount, firstRun, runCount, threadCount } = input;
  const results = Array.from({ length: jobCount }, () => new Array<Result>(runCount));
  const places = placesOf(input);
  const workers = Array.from(
    { length: Math.min(threadCount, jobCount * runCount) },
    () => new Worker(script, { workerData }),
  );
  const take = (message: WorkerMessage<Result>): boolean => {
    if (message.kind === "progress") {
      input.progress(message.amount);
      return false;
    }
    results[message.place.job]![message.place.run - firstRun] = message.result;
    return true;
  };
  try {
    await Promise.all(workers.map((worker) => keepBusy(worker, places, take, input.stop)));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}

/** Run by run over all jobs, so that what is left of the time can be told early. */
function* placesOf({ jobCount, firstRun, runCount }: PoolInput): Generator<RunPlace, void> {
  for (let run = firstRun; run < firstRun + runCount; run++) {
    for (let job = 0; job < jobCount; job++) yield { job, run };
  }
}

/** Resolves when no place is left; `take` says whether the worker's run has ended. */
function keepBusy<Result>(
  worker: Worker,
  places: Generator<RunPlace, void>,
  take: (message: WorkerMessage<Result>) => boolean,
  stop: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const { value: place } = places.next();
      if (place === undefined) resolve();
      else worker.postMessage(place);
    };
    worker.on("message", (message: WorkerMessage<Result>) => {
      if (take(message)) next();
    });
    worker.on("error", reject);
    const interrupt = (): void => reject(stop.reason);
    stop.addEventListener("abort", interrupt, { once: true });
    next();
  });
}
