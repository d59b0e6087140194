// A thread that rehearses a roll-out: gets a run's place, gives back what the run came to.

import { workerData } from "node:worker_threads";
import { runRehearsal } from "../../../sim/rehearsal/rehearsal.ts";
import { seedOfRun } from "../../../sim/tune/tune.ts";
import { systemCrypto } from "../system-crypto.ts";
import type { RehearsalWorkerData } from "./rehearsal-runs.ts";
import { serveRuns } from "./worker-thread.ts";

const { rehearsal, seed } = workerData as RehearsalWorkerData;
const crypto = systemCrypto();
serveRuns([rehearsal], (one, run, progress) => runRehearsal(crypto, one, seedOfRun(seed, run), progress));
