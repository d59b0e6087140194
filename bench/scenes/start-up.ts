// How long a server takes to be ready, and what it takes of memory, with 10,000 images and a million keys; and how long it
// took to publish and to import those.

import { setTimeout as sleep } from "node:timers/promises";
import type { Bench, Scene } from "../bench.ts";
import { DeviceCrowd } from "../load/device-crowd.ts";
import { type Row, type Section, withPromise } from "../report/row.ts";
import { peakResidentBytes, residentBytes } from "../resident-memory.ts";
import { spreadOf } from "../statistics.ts";
import { addKeys, publish, serve } from "../targets/narrowboat-target.ts";
import { alternate, type Trial } from "../trial.ts";

const ID = "start-up";
const TITLE = "Start-up with 10000 images and a million keys";
const FULL = { images: 10_000, keys: 1_000_000 };
const QUICK = { images: 20, keys: 1_000 };
const IMAGE_LENGTH = 4_096;
const READY_SECONDS = "ready, s";
const PEAK_MEGABYTES = "peak resident MB";
const READY_SECONDS_MAX = 3;
const PEAK_MEGABYTES_MAX = 300;
/** What is begun with the first moment of rest is counted too. */
const REST_MS = 500;

export const startUpScene: Scene = { id: ID, title: TITLE, run: measure };

async function measure(bench: Bench): Promise<Section> {
  const { images, keys } = bench.quick ? QUICK : FULL;
  const data = bench.resources.directory("start-up");
  try {
    bench.told(`${images} images are published`);
    const publishMs = await timed(() => publish(data, smallImages(images)));
    bench.told(`${keys} keys are imported`);
    const importMs = await timed(() => addKeys(data, keys));
    const trial: Trial = {
      id: `${ID}.narrowboat`,
      server: "narrowboat",
      run: () => startOnce(bench, data, images, keys),
    };
    const turns = { runs: bench.runs, slices: 1, heat: false };
    const [row] = await alternate([trial], turns, (run) => bench.told(`start-up: run ${run + 1} of ${bench.runs}`));
    const inTime = withPromise(row!, READY_SECONDS, READY_SECONDS_MAX, "s");
    const promised = withPromise(inTime, PEAK_MEGABYTES, PEAK_MEGABYTES_MAX, "MB");
    return { title: TITLE, rows: [promised, makingRow(publishMs, images, importMs, keys)] };
  } finally {
    bench.resources.remove(data);
  }
}

async function startOnce(bench: Bench, data: string, images: number, keys: number) {
  const began = performance.now();
  const product = productNumber(images - 1);
  const input = { node: bench.node, native: true, data, product, identityCount: keys };
  const target = await serve(bench.resources, input);
  const seconds = (performance.now() - began) / 1000;
  try {
    await sleep(REST_MS);
    const resident = residentBytes(target.pid) / 1e6;
    // The last image over a session of the first identity: what listens also serves.
    const image = smallImage(images - 1);
    const load = { protocol: "dtls", clients: 1, blockSize: 1024, image, native: bench.nativeLoad } as const;
    (await DeviceCrowd.open(target, load)).close();
    return {
      [READY_SECONDS]: seconds,
      "resident MB": resident,
      [PEAK_MEGABYTES]: peakResidentBytes(target.pid) / 1e6,
    };
  } finally {
    await target.stop();
  }
}

function makingRow(publishMs: number, images: number, importMs: number, keys: number): Row {
  const figure = (name: string, value: number) => ({ name, values: [value], spread: spreadOf([value]) });
  return {
    id: `${ID}.making`,
    server: `publish ${images} images, import ${keys} keys`,
    figures: [figure("publish, ms each", publishMs / images), figure("import, s for all", importMs / 1000)],
    comparisons: [],
    notes: [],
  };
}

function* smallImages(count: number) {
  for (let number = 0; number < count; number++) yield { product: productNumber(number), image: smallImage(number) };
}

function productNumber(number: number): string {
  return `product-${number}`;
}

/** No two are alike. */
function smallImage(number: number): Uint8Array {
  const image = new Uint8Array(IMAGE_LENGTH).map((_, i) => (i * 7 + number) & 255);
  new DataView(image.buffer).setUint32(0, number);
  return image;
}

async function timed(work: () => void | Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
