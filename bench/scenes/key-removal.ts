// What 64 busy sessions notice while thousands of keys are removed from a server with 10,000 sessions: each removal ends a
// session with close_notify. The sessions whose keys go come back before each slice.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import type { Bench, Scene } from "../bench.ts";
import { latencyBeside, P99 } from "../block-latency.ts";
import { DeviceCrowd } from "../load/device-crowd.ts";
import type { Section } from "../report/row.ts";
import { addKeys, PRODUCT, publish, serve } from "../targets/narrowboat-target.ts";
import type { Target } from "../targets/target.ts";
import { alternate, type Trial } from "../trial.ts";

const ID = "key-removal";
const BUSY = { protocol: "dtls", blockSize: 1024, clients: 64 } as const;
const IMAGE_LENGTH = 128 * 1024;
const FULL = { sessions: 10_000, removed: 3_000 };
const QUICK = { sessions: 120, removed: 20 };
const SLICES = 2;
const P99_GROWTH_MAX = 2;
/** A server hears of removals within two seconds. */
const NOTICED_MS = 2_500;
const REMOVER = join(import.meta.dirname, "../targets/key-remover.js");

export const keyRemovalScene: Scene = {
  id: ID,
  title: "DTLS CCM_8, 64 busy clients beside 3000 keys removed at 10000 sessions",
  run: measure,
};

async function measure(bench: Bench): Promise<Section> {
  const { sessions, removed } = bench.quick ? QUICK : FULL;
  const title = `DTLS CCM_8, 64 busy clients beside ${removed} keys removed at ${sessions} sessions`;
  const data = bench.resources.directory(ID);
  const image = new Uint8Array(randomBytes(IMAGE_LENGTH));
  try {
    publish(data, [{ product: PRODUCT, image }]);
    await addKeys(data, sessions);
    const input = { node: bench.node, native: true, data, product: PRODUCT, identityCount: sessions };
    const target = await serve(bench.resources, input);
    const load = { ...BUSY, native: bench.nativeLoad, image };
    const connect = (first: number, clients: number) =>
      DeviceCrowd.open({ ...target, identity: (device) => target.identity(first + device) }, { ...load, clients });
    const crowds: DeviceCrowd[] = [];
    try {
      bench.told(`${sessions} devices connect`);
      const devices = await connect(0, BUSY.clients);
      const first = sessions - removed;
      // Who came back before the server had heard of the removal would be sent away with the others.
      const measureMs = Math.max(bench.measureMs / SLICES, NOTICED_MS);
      crowds.push(devices, await connect(BUSY.clients, first - BUSY.clients));
      const remove = async () => {
        await addKeys(data, sessions);
        const leaving = await connect(first, removed);
        try {
          return await removal(bench, { target, devices, data, measureMs }, [first, removed, sessions]);
        } finally {
          leaving.close();
        }
      };
      const trials: Trial[] = [
        { id: `${ID}.calm`, server: "narrowboat, calm", run: () => latencyBeside(target, devices, measureMs) },
        {
          id: `${ID}.narrowboat`,
          server: "narrowboat, keys removed",
          run: remove,
          compared: [{ of: `${ID}.calm`, figure: P99, limit: { atMost: P99_GROWTH_MAX } }],
        },
      ];
      const turns = { runs: bench.runs, slices: SLICES, heat: !bench.quick };
      const rows = await alternate(trials, turns, (run) => bench.told(`key removal: run ${run + 1} of ${bench.runs}`));
      return { title, rows };
    } finally {
      for (const crowd of crowds) crowd.close();
      await target.stop();
    }
  } finally {
    bench.resources.remove(data);
  }
}

interface Scenery {
  readonly target: Target;
  readonly devices: DeviceCrowd;
  readonly data: string;
  readonly measureMs: number;
}

/** One slice, in which all the keys go at once. */
async function removal(bench: Bench, { target, devices, data, measureMs }: Scenery, range: readonly number[]) {
  const remover = bench.resources.spawn(bench.node, [REMOVER, data, ...range.map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(remover.stdout!, "data");
  return latencyBeside(target, devices, measureMs, async () => {
    const ended = once(remover, "exit");
    remover.stdin!.end();
    const [exit] = await ended;
    if (exit !== 0) throw new Error("the keys were not removed");
  });
}
