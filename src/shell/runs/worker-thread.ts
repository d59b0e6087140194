// The thread's side of worker-pool.ts.

import { parentPort } from "node:worker_threads";
import { assert } from "../../base/assert.ts";
import type { RunPlace, WorkerMessage } from "./worker-pool.ts";

/** Runs each job that the pool asks for. `progress` tells it how much more is done. */
export function serveRuns<Job, Result>(
  jobs: readonly Job[],
  runJob: (job: Job, run: number, progress: (amount: number) => void) => Result,
): void {
  const port = parentPort;
  assert(port !== null, "started as a thread");
  const say = (message: WorkerMessage<Result>): void => port.postMessage(message);
  port.on("message", (place: RunPlace) => {
    const job = jobs[place.job];
    assert(job !== undefined, "a place in the list");
    const result = runJob(job, place.run, (amount) => say({ kind: "progress", amount }));
    say({ kind: "ended", place, result });
  });
}
