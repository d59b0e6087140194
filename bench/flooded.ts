// What busy devices get of their server beside a flood.

import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, WARM_UP_MS } from "./bench.ts";
import { BLOCKS_PER_SECOND, costWhileRunning } from "./block-cost.ts";
import { kernelDrops } from "./kernel-drops.ts";
import type { DeviceCrowd } from "./load/device-crowd.ts";
import { Flood, type FloodSpeech } from "./load/flood.ts";
import { LatencyRecord } from "./load/latency-record.ts";
import type { Target } from "./targets/target.ts";
import type { Measured } from "./trial.ts";

/** A request that got lost is repeated after 2 s: until then a flood seems to cost nothing of it. */
const FLOODED_WARM_UP_MS = 2_500;

export interface Flooding {
  /** Whose devices are measured. */
  readonly served: Target;
  readonly devices: DeviceCrowd;
  readonly flood: {
    /** Of the server that it hits. */
    readonly port: number;
    readonly speech: FloodSpeech;
    /** A second. */
    readonly rate: number;
  };
  readonly measureMs: number;
}

/** One slice: the flood begins before it is measured, and ends with it. */
export async function measuredBeside(bench: Bench, { served, devices, flood, measureMs }: Flooding): Promise<Measured> {
  const { loop } = devices;
  const { port, speech, rate } = flood;
  const latencies = new LatencyRecord();
  await loop.start();
  const running = await Flood.begin(bench.resources, port, speech, rate);
  try {
    await sleep(bench.quick ? WARM_UP_MS : FLOODED_WARM_UP_MS);
    loop.latencies = latencies;
    const [drops, lost, began] = [kernelDrops(port), loop.lost, performance.now()];
    const { [BLOCKS_PER_SECOND]: blocks } = await costWhileRunning(served.pid, loop, measureMs);
    const seconds = (performance.now() - began) / 1000;
    return {
      [BLOCKS_PER_SECOND]: blocks!,
      "p99 ms": latencies.percentile(0.99),
      "kernel drops a second": (kernelDrops(port) - drops) / seconds,
      "requests lost a second": (loop.lost - lost) / seconds,
      "flood a second": await running.end(),
    };
  } finally {
    await running.end();
    loop.latencies = undefined;
    await loop.stop();
  }
}
