// How long the blocks of a crowd take while something else happens to the server.

import { setTimeout as sleep } from "node:timers/promises";
import { WARM_UP_MS } from "./bench.ts";
import { BLOCKS_PER_SECOND, costWhileRunning } from "./block-cost.ts";
import type { DeviceCrowd } from "./load/device-crowd.ts";
import { LatencyRecord } from "./load/latency-record.ts";
import type { Target } from "./targets/target.ts";
import type { Measured } from "./trial.ts";

export const P99 = "p99 ms";

/** `event` begins with the measurement; what comes of it is waited for. */
export async function latencyBeside(
  target: Target,
  { loop }: DeviceCrowd,
  measureMs: number,
  event: () => Promise<void> = async () => {},
): Promise<Measured> {
  const latencies = new LatencyRecord();
  await loop.start();
  try {
    await sleep(WARM_UP_MS);
    loop.latencies = latencies;
    const happened = event();
    const { [BLOCKS_PER_SECOND]: rate } = await costWhileRunning(target.pid, loop, measureMs);
    await happened;
    return {
      [BLOCKS_PER_SECOND]: rate!,
      "p50 ms": latencies.percentile(0.5),
      [P99]: latencies.percentile(0.99),
    };
  } finally {
    loop.latencies = undefined;
    await loop.stop();
  }
}
