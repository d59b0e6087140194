// What a block costs the server: processor time of the server process for each block that it answered, while a number of
// clients keep one request each outstanding.

import { setTimeout as sleep } from "node:timers/promises";
import type { CipherSuite } from "../src/dtls/cipher-suite.ts";
import { cpuMicroseconds } from "./cpu-time.ts";
import { LoadClient } from "./load-client.ts";
import type { Target } from "./target.ts";

export interface Load {
  readonly clients: number;
  /** Bytes. */
  readonly blockSize: number;
  /** Absent for plain CoAP. */
  readonly suite: CipherSuite | undefined;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface BlockCost {
  readonly cpuMicrosecondsPerBlock: number;
  readonly blocksPerSecond: number;
}

const UNSTALL_MS = 200;

export async function blockCost(target: Target, load: Load, image: Uint8Array): Promise<BlockCost> {
  const port = load.suite === undefined ? target.coapPort : target.coapsPort;
  const clients = Array.from(
    { length: load.clients },
    (_, number) => new LoadClient(target, port, number, load.blockSize, image),
  );
  const unstall = setInterval(() => {
    for (const client of clients) client.unstall();
  }, UNSTALL_MS);
  try {
    for (const client of clients) await client.connect(load.suite);
    for (const client of clients) client.start();
    await sleep(load.warmUpMs);
    const [cpuBefore, blocksBefore, before] = [cpuMicroseconds(target.pid), blocksOf(clients), performance.now()];
    await sleep(load.measureMs);
    const [cpu, blocks] = [cpuMicroseconds(target.pid) - cpuBefore, blocksOf(clients) - blocksBefore];
    if (blocks === 0) throw new Error(`${target.name} answered nothing`);
    return {
      cpuMicrosecondsPerBlock: cpu / blocks,
      blocksPerSecond: (1000 * blocks) / (performance.now() - before),
    };
  } finally {
    clearInterval(unstall);
    for (const client of clients) client.close();
  }
}

function blocksOf(clients: readonly LoadClient[]): number {
  return clients.reduce((sum, client) => sum + client.blocks, 0);
}
