// What encryption at rest costs a block whose page is in memory: the server over its sealed store, beside the same server
// with the image in clear in one array, turn by turn. Plain CoAP has servers of its own: where sessions spoke lately, whoever
// comes without DTLS is a stranger and gets a share of the time.

import { join } from "node:path";
import { type Bench, type Scene, WARM_UP_MS } from "../bench.ts";
import { blockCost, CPU_PER_BLOCK } from "../block-cost.ts";
import type { Section } from "../report/row.ts";
import { Stage } from "../stage.ts";
import { addKeys, listeningTarget, PRODUCT, publish } from "../targets/narrowboat-target.ts";
import type { Target } from "../targets/target.ts";
import { alternate, type Trial } from "../trial.ts";

const ID = "at-rest";
const TITLE = "Blocks of 1024 bytes, 64 clients, sealed at rest beside in clear";
const LOAD = { blockSize: 1024, clients: 64 } as const;
const QUICK_CLIENTS = 8;
const SLICES = 5;
const SEALED_RATIO_MAX = 1.15;
const PROGRAM = join(import.meta.dirname, "../targets/at-rest-server.js");

export const atRestScene: Scene = { id: ID, title: TITLE, run: measure };

async function measure(bench: Bench): Promise<Section> {
  const stage = new Stage(bench);
  try {
    const trials: Trial[] = [];
    const clients = bench.quick ? QUICK_CLIENTS : LOAD.clients;
    const times = { warmUpMs: WARM_UP_MS, measureMs: bench.measureMs / SLICES };
    for (const protocol of ["plain", "dtls"] as const) {
      for (const kind of ["clear", "sealed"] as const) {
        const target = await start(bench, stage, kind);
        const devices = await stage.devices(target, { ...LOAD, protocol, clients });
        trials.push({
          id: `${ID}.${protocol}.${kind}`,
          server: `narrowboat, ${protocol === "plain" ? "plain" : "DTLS CCM_8"}, ${kind === "sealed" ? "sealed at rest" : "in clear"}`,
          run: () => blockCost(target.pid, devices.loop, times),
          compared:
            kind === "clear"
              ? []
              : [{ of: `${ID}.${protocol}.clear`, figure: CPU_PER_BLOCK, limit: { atMost: SEALED_RATIO_MAX } }],
        });
      }
    }
    const turns = { runs: bench.runs, slices: SLICES, heat: !bench.quick };
    const rows = await alternate(trials, turns, (run) => bench.told(`at rest: run ${run + 1} of ${bench.runs}`));
    return { title: TITLE, rows };
  } finally {
    await stage.close();
  }
}

async function start(bench: Bench, stage: Stage, kind: "clear" | "sealed"): Promise<Target> {
  const { resources, node } = bench;
  const data = resources.directory(`at-rest-${kind}`);
  publish(data, [{ product: PRODUCT, image: stage.image }]);
  await addKeys(data, LOAD.clients);
  const child = resources.spawn(node, [PROGRAM, data, kind], { stdio: ["ignore", "pipe", "inherit"] });
  stage.atTheEnd(async () => {
    await resources.stop(child);
    resources.remove(data);
  });
  return { ...(await listeningTarget(child, PRODUCT, LOAD.clients)), stop: () => resources.stop(child) };
}
