// `narrowboat serve` with 1,001 images, asked for its links 700 times a second, each time with a query that nobody asked
// before: what 64 busy sessions keep beside that, and how much memory it takes. And what stays of 4,000 requests with
// 60 KB each, a minute after the last.

import { setTimeout as sleep } from "node:timers/promises";
import type { Bench, Scene } from "../bench.ts";
import { BLOCKS_PER_SECOND } from "../block-cost.ts";
import { measuredBeside } from "../flooded.ts";
import { Flood, floodAbsence } from "../load/flood.ts";
import { getsWithPayload, oddLinkQueries } from "../load/flood-speeches.ts";
import { type Row, type Section, withPromise } from "../report/row.ts";
import { peakResidentBytes } from "../resident-memory.ts";
import { Stage } from "../stage.ts";
import { addKeys, PRODUCT, publish, serve } from "../targets/narrowboat-target.ts";
import { observedNarrowboat } from "../targets/observed-target.ts";
import type { Target } from "../targets/target.ts";
import { alternate, skippedRow, type Trial } from "../trial.ts";

const ID = "link-queries";
const TITLE = "DTLS CCM_8, 64 busy clients beside queries for 1001 links";
const BUSY = { protocol: "dtls", blockSize: 1024, clients: 64 } as const;
const OTHER_IMAGES = 1_000;
const QUICK_OTHER_IMAGES = 20;
const OTHER_IMAGE_LENGTH = 256;
const QUERIES_PER_SECOND = 700;
const FLOOD_MS = 20_000;
const SHARE_MIN = 0.7;
const PEAK = "peak resident MB";
const PEAK_MEGABYTES_MAX = 250;
const PAYLOAD_LENGTH = 60_000;
const PAYLOADS_PER_SECOND = 1_000;
const PAYLOADS_MS = 4_000;
const MEMORY_GROWTH = "memory in use, of that before";
const MEMORY_GROWTH_MAX = 1.1;
const AFTERWARDS_MS = 60_000;

export const linkQueriesScene: Scene = { id: ID, title: TITLE, run: measure };

async function measure(bench: Bench): Promise<Section> {
  const absence = floodAbsence();
  if (absence !== undefined) return { title: TITLE, rows: [skippedRow(`${ID}.narrowboat`, "narrowboat", absence)] };
  const rows: Row[] = [];
  for (const native of bench.quick ? [true] : [true, false]) {
    const stage = new Stage(bench);
    try {
      rows.push(...(await measureQueries(bench, stage, native)), ...(await measurePayloads(bench, stage, native)));
    } finally {
      await stage.close();
    }
  }
  return { title: TITLE, rows };
}

async function measureQueries(bench: Bench, stage: Stage, native: boolean): Promise<readonly Row[]> {
  const [served, other] = [await serving(bench, stage, native), await serving(bench, stage, native)];
  const devices = await stage.devices(served, BUSY);
  const speech = oddLinkQueries();
  const title = native ? "narrowboat" : "narrowboat, native off";
  const id = `${ID}.${native ? "narrowboat" : "narrowboat-off"}`;
  const trialOf = (rowId: string, server: string, flooded: Target): Trial => ({
    id: rowId,
    server,
    run: async () => {
      const flood = { port: flooded.coapPort, speech, rate: QUERIES_PER_SECOND };
      const measureMs = bench.quick ? bench.measureMs : FLOOD_MS;
      const measured = await measuredBeside(bench, { served, devices, flood, measureMs });
      return { ...measured, [PEAK]: peakResidentBytes(served.pid) / 1e6 };
    },
  });
  const trials = [
    trialOf(`${id}.control`, `${title}, queries elsewhere`, other),
    {
      ...trialOf(id, `${title}, queries`, served),
      compared: [{ of: `${id}.control`, figure: BLOCKS_PER_SECOND, limit: { atLeast: SHARE_MIN } }],
    },
  ];
  const rows = await alternate(trials, { runs: bench.runs, slices: 1, heat: false }, (run) =>
    bench.told(`queries for links: run ${run + 1} of ${bench.runs}`),
  );
  return rows.map((row) => (row.id === id ? withPromise(row, PEAK, PEAK_MEGABYTES_MAX, "MB") : row));
}

/** `serve` over a store of its own. */
async function serving(bench: Bench, stage: Stage, native: boolean): Promise<Target> {
  const { resources, node } = bench;
  const data = resources.directory("data");
  const count = bench.quick ? QUICK_OTHER_IMAGES : OTHER_IMAGES;
  const others = Array.from({ length: count }, (_, i) => ({
    product: `product-${i}`,
    image: stage.image.slice(i, i + OTHER_IMAGE_LENGTH),
  }));
  bench.told(`${count + 1} images are published`);
  publish(data, [{ product: PRODUCT, image: stage.image }, ...others]);
  await addKeys(data, BUSY.clients);
  const target = await serve(resources, { node, native, data, product: PRODUCT, identityCount: BUSY.clients });
  stage.atTheEnd(async () => {
    await target.stop();
    resources.remove(data);
  });
  return target;
}

/** Requests that bring much: what is in use a minute later, of what was in use before. */
async function measurePayloads(bench: Bench, stage: Stage, native: boolean): Promise<readonly Row[]> {
  const actor = await stage.startContender(observedNarrowboat({ node: bench.node, native }), BUSY.clients);
  if ("absence" in actor) throw new Error(actor.absence);
  const { contender, target } = actor;
  const trial: Trial = {
    id: `${ID}.payloads.${contender.id}`,
    server: `${contender.title}, payloads of 60 KB`,
    run: async () => {
      const before = await target.observe();
      const speech = getsWithPayload(PAYLOAD_LENGTH);
      const flood = await Flood.begin(bench.resources, target.coapPort, speech, PAYLOADS_PER_SECOND);
      await sleep(bench.quick ? bench.measureMs : PAYLOADS_MS);
      const rate = await flood.end();
      const after = await target.observe(AFTERWARDS_MS);
      return { "flood a second": rate, [MEMORY_GROWTH]: after.memoryBytes / before.memoryBytes };
    },
  };
  const rows = await alternate([trial], { runs: bench.runs, slices: 1, heat: !bench.quick }, (run) =>
    bench.told(`payloads: run ${run + 1} of ${bench.runs}`),
  );
  return rows.map((row) => withPromise(row, MEMORY_GROWTH, MEMORY_GROWTH_MAX, "of that before"));
}
