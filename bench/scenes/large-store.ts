// Images larger than memory: blocks asked for at random out of 10 GB, so that nearly each of them comes from the disk or
// from the system's own cache, beside the blocks of one small image that the server holds.

import { randomBytes } from "node:crypto";
import { statfsSync } from "node:fs";
import { type Bench, type Scene, WARM_UP_MS } from "../bench.ts";
import { BLOCKS_PER_SECOND, blockCost, CPU_PER_BLOCK } from "../block-cost.ts";
import { DeviceCrowd } from "../load/device-crowd.ts";
import { NamedBlocksWork } from "../load/work.ts";
import { type Row, type Section, withPromise } from "../report/row.ts";
import { residentBytes } from "../resident-memory.ts";
import { addKeys, publish, serve } from "../targets/narrowboat-target.ts";
import type { Target } from "../targets/target.ts";
import { alternate, skippedRow, type Trial } from "../trial.ts";

const ID = "large-store";
/** What the server is told to keep; the rest of its memory is not images. */
const CACHE_SIZE = "96M";
const TITLE = `Plain, 1024-byte blocks, 64 clients, images larger than memory, --cache-size ${CACHE_SIZE}`;
const BLOCK_SIZE = 1024;
const SLICES = 5;
const CLIENTS = 64;
const FULL: StoreSize = { images: 160, imageLength: 64 * 2 ** 20, requests: 60_000 };
const QUICK: StoreSize = { images: 3, imageLength: 2 ** 20, requests: 200 };
const RESIDENT = "resident MB";
const RESIDENT_MEGABYTES_MAX = 256;
/** Of the disk, beside what the store takes. */
const SPARE_BYTES = 2e9;
const STAMP_LENGTH = 8;

interface StoreSize {
  readonly images: number;
  readonly imageLength: number;
  /** Blocks that are asked for, again and again. */
  readonly requests: number;
}

export const largeStoreScene: Scene = { id: ID, title: TITLE, run: measure };

async function measure(bench: Bench): Promise<Section> {
  const size = bench.quick ? QUICK : FULL;
  const data = bench.resources.directory("large-store");
  try {
    const needed = (size.images + 1) * size.imageLength + SPARE_BYTES;
    const { bavail, bsize } = statfsSync(data);
    if (bavail * bsize < needed) {
      const reason = `needs ${Math.ceil(needed / 1e9)} GB on the disk of ${data}`;
      return { title: TITLE, rows: [skippedRow(`${ID}.narrowboat`, "narrowboat", reason)] };
    }
    return await measureIn(bench, data, size);
  } finally {
    bench.resources.remove(data);
  }
}

async function measureIn(bench: Bench, data: string, size: StoreSize): Promise<Section> {
  bench.told(`${Math.round((size.images * size.imageLength) / 1e6)} MB of images are published`);
  const cargo = new Cargo(size);
  publish(data, cargo.images());
  await addKeys(data, 1);
  const flags = ["--cache-size", CACHE_SIZE];
  const input = { node: bench.node, native: true, data, product: productOf(0), identityCount: 1, flags };
  const target = await serve(bench.resources, input);
  try {
    const load = { protocol: "plain", clients: CLIENTS, native: bench.nativeLoad } as const;
    const near = await DeviceCrowd.openFor(cargo.work(target, size.requests, 1), target, load);
    const far = await DeviceCrowd.openFor(cargo.work(target, size.requests, size.images), target, load);
    const mebibytes = size.imageLength / 2 ** 20;
    try {
      const trialOf = (id: string, server: string, devices: DeviceCrowd): Trial => ({
        id: `${ID}.${id}`,
        server,
        run: async () => {
          const times = { warmUpMs: WARM_UP_MS, measureMs: bench.measureMs / SLICES };
          const cost = await blockCost(target.pid, devices.loop, times);
          return {
            [CPU_PER_BLOCK]: cost[CPU_PER_BLOCK]!,
            [BLOCKS_PER_SECOND]: cost[BLOCKS_PER_SECOND]!,
            [RESIDENT]: residentBytes(target.pid) / 1e6,
          };
        },
        compared: id === "far" ? [{ of: `${ID}.near`, figure: CPU_PER_BLOCK }] : [],
      });
      const trials = [
        trialOf("near", `narrowboat, one image of ${mebibytes} MiB`, near),
        trialOf("far", `narrowboat, ${size.images} images of ${mebibytes} MiB`, far),
      ];
      const turns = { runs: bench.runs, slices: SLICES, heat: !bench.quick };
      const rows = await alternate(trials, turns, (run) => bench.told(`large store: run ${run + 1} of ${bench.runs}`));
      return { title: TITLE, rows: rows.map(withPromises) };
    } finally {
      near.close();
      far.close();
    }
  } finally {
    await target.stop();
  }
}

function withPromises(row: Row): Row {
  return row.id === `${ID}.far` ? withPromise(row, RESIDENT, RESIDENT_MEGABYTES_MAX, "MB") : row;
}

/** Images of random bytes, all alike but for a stamp on each block that says whose it is. */
class Cargo {
  readonly #size: StoreSize;
  readonly #image: Uint8Array;

  constructor(size: StoreSize) {
    this.#size = size;
    this.#image = new Uint8Array(randomBytes(size.imageLength));
  }

  *images(): Generator<{ readonly product: string; readonly image: Uint8Array }> {
    const view = new DataView(this.#image.buffer);
    for (let number = 0; number < this.#size.images; number++) {
      for (let num = 0; num < this.#blockCount; num++) stamp(view, num * BLOCK_SIZE, number, num);
      yield { product: productOf(number), image: this.#image };
    }
  }

  /** `requests` blocks at random out of the first `images` images. */
  work(target: Target, requests: number, images: number): NamedBlocksWork {
    const chosen = Array.from({ length: requests }, () => ({
      number: Math.floor(Math.random() * images),
      num: Math.floor(Math.random() * this.#blockCount),
    }));
    const blocks = chosen.map(({ number, num }) => ({
      path: [target.path![0]!, productOf(number), target.path![2]!],
      num,
      more: num + 1 < this.#blockCount,
    }));
    return new NamedBlocksWork(blocks, BLOCK_SIZE, (index) => this.#block(chosen[index]!.number, chosen[index]!.num));
  }

  get #blockCount(): number {
    return this.#size.imageLength / BLOCK_SIZE;
  }

  #block(number: number, num: number): Uint8Array {
    const block = this.#image.slice(num * BLOCK_SIZE, (num + 1) * BLOCK_SIZE);
    stamp(new DataView(block.buffer), 0, number, num);
    return block;
  }
}

/** The first bytes of a block; `STAMP_LENGTH` of them. */
function stamp(view: DataView, offset: number, number: number, num: number): void {
  view.setUint32(offset, number);
  view.setUint32(offset + STAMP_LENGTH / 2, num);
}

function productOf(number: number): string {
  return `large-${number}`;
}
