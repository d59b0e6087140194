// A thread that looks for the best number of devices at a time in a cell: gets a run's place, gives back what was tried.

import { workerData } from "node:worker_threads";
import { searchCell } from "../../../sim/cell/cell-search.ts";
import { seedOfRun } from "../../../sim/tune/tune.ts";
import { systemCrypto } from "../system-crypto.ts";
import type { CellWorkerData } from "./campaign-runs.ts";
import { serveRuns } from "./worker-thread.ts";

const { cells, seed } = workerData as CellWorkerData;
const crypto = systemCrypto();
serveRuns(cells, (cell, run, progress) => searchCell(crypto, cell, seedOfRun(seed, run), progress));
