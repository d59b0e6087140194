// What 64 busy sessions notice of 2,000 handshakes a second: how many blocks they still get, and how long each takes. The
// flood is paced by the clock, not by the server; the rate that was reached is told.

import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, type Scene, WARM_UP_MS } from "../bench.ts";
import { BLOCKS_PER_SECOND, costWhileRunning } from "../block-cost.ts";
import type { Crowd } from "../load/crowd.ts";
import type { DeviceCrowd } from "../load/device-crowd.ts";
import { Handshakes } from "../load/handshakes.ts";
import { LatencyRecord } from "../load/latency-record.ts";
import type { Row, Section } from "../report/row.ts";
import { Stage } from "../stage.ts";
import type { ContenderId, Target } from "../targets/target.ts";
import { alternate, type Measured, skippedRow, type Trial } from "../trial.ts";

const TITLE = "DTLS CCM_8, 64 busy clients beside a flood of handshakes";
const ID = "flood";
const BUSY = { protocol: "dtls", blockSize: 1024, clients: 64 } as const;
/** Handshakes a second. */
const RATE = 2_000;
const QUICK_RATE = 100;
const TICK_MS = 1;
/** More than these under way, and the server does not follow: the flood waits, as a network would drop. */
const UNDER_WAY_MAX = 2_000;
const SLICES = 2;
const SHARE_MIN = 0.5;
const CONTENDERS: readonly ContenderId[] = ["narrowboat", "narrowboat-off", "libcoap-openssl"];
const IDENTITY_COUNT = 1_000;
/** Devices of the flood have their own numbers. */
const FIRST_FLOODING = 1_000;

export const floodScene: Scene = { id: ID, title: TITLE, run: measure };

async function measure(bench: Bench): Promise<Section> {
  const stage = new Stage(bench);
  const trials: Trial[] = [];
  const skipped: Row[] = [];
  try {
    for (const id of CONTENDERS) {
      const actor = await stage.start(id, IDENTITY_COUNT);
      if ("absence" in actor) {
        skipped.push(skippedRow(`${ID}.${id}`, actor.title, actor.absence));
        continue;
      }
      const { contender, target } = actor;
      const devices = await stage.devices(target, BUSY);
      const flood = new Flood(stage.crowd(target), target, bench.quick ? QUICK_RATE : RATE);
      const measureMs = bench.measureMs / SLICES;
      trials.push({
        id: `${ID}.${id}.calm`,
        server: `${contender.title}, calm`,
        run: () => served(target, devices, measureMs),
      });
      trials.push({
        id: `${ID}.${id}`,
        server: `${contender.title}, flooded`,
        run: () => flood.during(() => served(target, devices, measureMs)),
        compared: [
          {
            of: `${ID}.${id}.calm`,
            figure: BLOCKS_PER_SECOND,
            ...(id === "narrowboat" && { limit: { atLeast: SHARE_MIN } }),
          },
        ],
      });
    }
    const turns = { runs: bench.runs, slices: SLICES, heat: !bench.quick };
    const rows = await alternate(trials, turns, (run) => bench.told(`flood: run ${run + 1} of ${bench.runs}`));
    return { title: TITLE, rows: [...rows, ...skipped] };
  } finally {
    await stage.close();
  }
}

async function served(target: Target, { loop }: DeviceCrowd, measureMs: number): Promise<Measured> {
  const latencies = new LatencyRecord();
  await loop.start();
  try {
    await sleep(WARM_UP_MS);
    loop.latencies = latencies;
    const { [BLOCKS_PER_SECOND]: rate } = await costWhileRunning(target.pid, loop, measureMs);
    return {
      [BLOCKS_PER_SECOND]: rate!,
      "p50 ms": latencies.percentile(0.5),
      "p95 ms": latencies.percentile(0.95),
      "p99 ms": latencies.percentile(0.99),
    };
  } finally {
    loop.latencies = undefined;
    await loop.stop();
  }
}

class Flood {
  readonly #crowd: Crowd;
  readonly #target: Target;
  readonly #rate: number;
  #nextDevice = FIRST_FLOODING;

  constructor(crowd: Crowd, target: Target, rate: number) {
    this.#crowd = crowd;
    this.#target = target;
    this.#rate = rate;
  }

  /** Runs `work` in the flood, and adds the rate of handshakes that came to their end. */
  async during(work: () => Promise<Measured>): Promise<Measured> {
    const { coapsPort, identity, key } = this.#target;
    const handshakes = new Handshakes(
      this.#crowd,
      { serverPort: coapsPort!, identity, key },
      (_device, _session, client) => client.close(),
    );
    const began = performance.now();
    let begun = 0;
    const pace = setInterval(() => {
      const due = ((performance.now() - began) * this.#rate) / 1000;
      while (begun < due && handshakes.size < UNDER_WAY_MAX) {
        handshakes.begin(this.#nextDevice++);
        begun++;
      }
      this.#crowd.flush();
    }, TICK_MS);
    try {
      const measured = await work();
      const rate = (1000 * handshakes.connected) / (performance.now() - began);
      handshakes.check();
      return { ...measured, "handshakes per second": rate };
    } finally {
      clearInterval(pace);
      handshakes.close();
    }
  }
}
