// A thread that runs simulations: gets a run's place, gives back what the run came to.

import { parentPort, workerData } from "node:worker_threads";
import { type Combination, runOnce, seedOfRun } from "../../sim/tune/tune.ts";
import { assert } from "../base/assert.ts";
import { systemCrypto } from "./system-crypto.ts";
import type { RunPlace, TuneWorkerData } from "./tune-runs.ts";

const { combinations, seed } = workerData as TuneWorkerData;
const crypto = systemCrypto();
const port = parentPort;
assert(port !== null, "started as a thread");
port.on("message", (place: RunPlace) => {
  const combination: Combination | undefined = combinations[place.combination];
  assert(combination !== undefined, "a place in the list");
  port.postMessage({ place, result: runOnce(crypto, combination, seedOfRun(seed, place.run)) });
});
