// A thread that runs simulations: gets a run's place, gives back what the run came to.

import { workerData } from "node:worker_threads";
import { runOnce, seedOfRun } from "../../../sim/tune/tune.ts";
import { systemCrypto } from "../system-crypto.ts";
import type { TuneWorkerData } from "./tune-runs.ts";
import { serveRuns } from "./worker-thread.ts";

const { combinations, seed } = workerData as TuneWorkerData;
const crypto = systemCrypto();
serveRuns(combinations, (combination, run, progress) => {
  const result = runOnce(crypto, combination, seedOfRun(seed, run));
  progress(1);
  return result;
});
