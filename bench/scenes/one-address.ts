// Devices behind one address, as those of a carrier's NAT or a gateway are: what they get beside as many that have an
// address each. Whatever shares a server gives to addresses, such a fleet must not notice.

import { type Bench, type Scene, WARM_UP_MS } from "../bench.ts";
import { BLOCKS_PER_SECOND, blockCost } from "../block-cost.ts";
import { DeviceCrowd } from "../load/device-crowd.ts";
import type { Row, Section } from "../report/row.ts";
import { Stage } from "../stage.ts";
import type { ContenderId } from "../targets/target.ts";
import { alternate, skippedRow, type Trial } from "../trial.ts";

const ID = "one-address";
const COUNT = 10_000;
const QUICK_COUNT = 50;
const SHARE_MIN = 0.9;
const CONTENDERS: readonly ContenderId[] = ["narrowboat", "narrowboat-off"];

export const oneAddressScene: Scene = {
  id: ID,
  title: "DTLS CCM_8, 1024-byte blocks, 10000 clients behind one address",
  run: measure,
};

async function measure(bench: Bench): Promise<Section> {
  const clients = bench.quick ? QUICK_COUNT : COUNT;
  const title = `DTLS CCM_8, 1024-byte blocks, ${clients} clients behind one address`;
  const rows: Row[] = [];
  for (const id of CONTENDERS) {
    const stage = new Stage(bench);
    try {
      rows.push(...(await measureOne(bench, stage, id, clients)));
    } finally {
      await stage.close();
    }
  }
  return { title, rows };
}

/**
 * Both loads come by sockets of node:dgram, so that they cost the same; one after the other, for a process may not have as
 * many sockets as both need.
 */
async function measureOne(bench: Bench, stage: Stage, id: ContenderId, clients: number): Promise<readonly Row[]> {
  const trials: Trial[] = [];
  for (const ownAddresses of [true, false]) {
    const actor = await stage.start(id, clients);
    if ("absence" in actor) return [skippedRow(`${ID}.${id}`, actor.title, actor.absence)];
    const { contender, target } = actor;
    const load = {
      protocol: "dtls",
      blockSize: 1024,
      clients,
      native: false,
      ownAddresses,
      image: stage.image,
    } as const;
    trials.push({
      id: ownAddresses ? `${ID}.${id}.own` : `${ID}.${id}`,
      server: `${contender.title}, ${ownAddresses ? "an address each" : "one address"}`,
      run: async () => {
        const devices = await DeviceCrowd.open(target, load);
        try {
          return await blockCost(target.pid, devices.loop, { warmUpMs: WARM_UP_MS, measureMs: bench.measureMs });
        } finally {
          devices.close();
        }
      },
      ...(!ownAddresses && {
        compared: [{ of: `${ID}.${id}.own`, figure: BLOCKS_PER_SECOND, limit: { atLeast: SHARE_MIN } }],
      }),
    });
  }
  return await alternate(trials, { runs: bench.runs, slices: 1, heat: !bench.quick }, (run) =>
    bench.told(`${clients} devices connect, at an address each and at one: run ${run + 1} of ${bench.runs}`),
  );
}
