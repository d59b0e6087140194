// What a block costs the server: processor time of its process for each block that it answered.

import { setTimeout as sleep } from "node:timers/promises";
import { cpuMicroseconds } from "./cpu-time.ts";
import type { ClosedLoop } from "./load/closed-loop.ts";
import type { Measured } from "./trial.ts";

export const CPU_PER_BLOCK = "CPU µs per block";
export const BLOCKS_PER_SECOND = "blocks per second";
/** How much of one processor the server used: below 100 the load was the limit. */
export const SERVER_BUSY = "server busy %";
/** Processor time of the load's own process for each block. */
export const LOAD_COST = "load's CPU µs";

const SILENCE_MS = 10_000;

export interface MeasuringTimes {
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** One run of `loop` against the process `pid`. Throws when an answer was wrong, or none came. */
export async function blockCost(pid: number, loop: ClosedLoop, times: MeasuringTimes): Promise<Measured> {
  await loop.start();
  try {
    await sleep(times.warmUpMs);
    return await costWhileRunning(pid, loop, times.measureMs);
  } finally {
    await loop.stop();
  }
}

/** Of a loop that runs already. */
export async function costWhileRunning(pid: number, loop: ClosedLoop, measureMs: number): Promise<Measured> {
  const [began, cpuBefore, loadBefore, answeredBefore] = [
    performance.now(),
    cpuMicroseconds(pid),
    process.cpuUsage(),
    loop.answered,
  ];
  await sleep(measureMs);
  // A server that is not warm, on a machine that is busy, may need longer for its first answer than a short run has.
  while (loop.answered === answeredBefore && performance.now() - began < SILENCE_MS) await sleep(measureMs);
  const ms = performance.now() - began;
  const cpu = cpuMicroseconds(pid) - cpuBefore;
  const load = process.cpuUsage(loadBefore);
  const blocks = loop.answered - answeredBefore;
  loop.check();
  if (blocks === 0) throw new Error("the server answered nothing");
  return {
    [CPU_PER_BLOCK]: cpu / blocks,
    [BLOCKS_PER_SECOND]: (1000 * blocks) / ms,
    [SERVER_BUSY]: cpu / ms / 10,
    [LOAD_COST]: (load.user + load.system) / blocks,
  };
}
