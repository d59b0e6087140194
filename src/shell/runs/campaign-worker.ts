// A thread that runs campaigns: gets a run's place, gives back what the campaign came to.

import { workerData } from "node:worker_threads";
import { runCampaign } from "../../../sim/cell/campaign.ts";
import { seedOfRun } from "../../../sim/tune/tune.ts";
import { systemCrypto } from "../system-crypto.ts";
import type { CampaignWorkerData } from "./campaign-runs.ts";
import { serveRuns } from "./worker-thread.ts";

const { campaigns, seed } = workerData as CampaignWorkerData;
const crypto = systemCrypto();
serveRuns(campaigns, (campaign, run, progress) => runCampaign(crypto, campaign, seedOfRun(seed, run), progress));
