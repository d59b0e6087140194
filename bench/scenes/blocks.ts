// What a block costs, server beside server: plain and over DTLS, small and large blocks, one device and ten thousand.

import { type Bench, type Scene, WARM_UP_MS } from "../bench.ts";
import { BLOCKS_PER_SECOND, blockCost, CPU_PER_BLOCK } from "../block-cost.ts";
import type { DeviceCrowd, Protocol } from "../load/device-crowd.ts";
import type { Limit, Row, Section } from "../report/row.ts";
import { Stage } from "../stage.ts";
import type { ContenderId } from "../targets/target.ts";
import { alternate, skippedRow, type Trial, type Wanted } from "../trial.ts";

interface BlockLoad {
  readonly protocol: Protocol;
  readonly blockSize: number;
  readonly clients: number;
}

/** What stands beside each other in every load. */
const ALWAYS: readonly ContenderId[] = ["narrowboat", "narrowboat-off", "libcoap-openssl"];
/** What stands there too in the load that most is promised of. */
const PLAIN_LIMITS: readonly ContenderId[] = ["coap-package", "echo-dgram", "echo-port", "echo-c"];
const SIZES = [16, 64, 256, 1024];
const CLIENTS = [1, 1_000, 10_000];
const USUAL = { blockSize: 1024, clients: 64 };
/** What a change may cost a block. */
const EARLIER_RATIO_MAX = 1.05;
const QUICK_CLIENTS_MAX = 8;
/** In short slices a neighbour's burst hits all servers alike. */
const SLICES = 5;
/** More clients than these take longer to get going than a slice. */
const SLICED_CLIENTS_MAX = 1_000;
const LONG_WARM_UP_MS = 500;

/** The sizes at 64 clients, and the numbers of clients at 1024 bytes. */
export function blockScenes(): readonly Scene[] {
  const loads = (["plain", "dtls"] as const).flatMap((protocol) => [
    ...SIZES.map((blockSize) => ({ ...USUAL, protocol, blockSize })),
    ...CLIENTS.map((clients) => ({ ...USUAL, protocol, clients })),
  ]);
  return loads.map(blockScene);
}

function blockScene(load: BlockLoad): Scene {
  const { protocol, blockSize, clients } = load;
  const id = `blocks.${protocol}.${blockSize}.${clients}`;
  const name = protocol === "plain" ? "Plain" : "DTLS CCM_8";
  const title = `${name}, ${blockSize}-byte blocks, ${clients} client${clients === 1 ? "" : "s"}`;
  return { id, title, run: (bench) => measure(bench, id, title, load) };
}

/** `earlier` stands in every load where a checkout of it was named. */
function contendersFor(load: BlockLoad, bench: Bench): readonly ContenderId[] {
  return [...contendersOf(load), ...(["earlier", "earlier-off"] as const).filter((id) => bench.contenders.has(id))];
}

function contendersOf({ protocol, blockSize, clients }: BlockLoad): readonly ContenderId[] {
  if (blockSize !== USUAL.blockSize || clients !== USUAL.clients) return ALWAYS;
  return [...ALWAYS, ...(protocol === "plain" ? PLAIN_LIMITS : (["libcoap-gnutls"] as const))];
}

/** What is promised of each load. */
function limitsOf(id: ContenderId, { protocol, blockSize, clients }: BlockLoad): Partial<Record<ContenderId, Limit>> {
  const native = id === "narrowboat";
  const dearer = { [native ? "earlier" : "earlier-off"]: { atMost: EARLIER_RATIO_MAX } };
  return { ...dearer, ...promisedOf(native, { protocol, blockSize, clients }) };
}

function promisedOf(native: boolean, { protocol, blockSize, clients }: BlockLoad): Partial<Record<ContenderId, Limit>> {
  if (blockSize !== 1024) return {};
  if (clients === 64 && protocol === "plain") {
    return native
      ? { "libcoap-openssl": { atMost: 0.6 }, "echo-c": { atMost: 2 }, "coap-package": { atLeast: 25 } }
      : { "libcoap-openssl": { atMost: 1.3 } };
  }
  if (clients === 64) return { "libcoap-openssl": { atMost: native ? 0.8 : 1.7 } };
  if (clients === 1_000 && native) return { "libcoap-openssl": { atMost: protocol === "plain" ? 0.4 : 0.6 } };
  return {};
}

/** The package is compared by what it gets done, all others by what a block costs them. */
function wantedOf(id: ContenderId, sceneId: string, load: BlockLoad, bench: Bench): readonly Wanted[] {
  if (id !== "narrowboat" && id !== "narrowboat-off") return [];
  const limits = limitsOf(id, load);
  return contendersFor(load, bench)
    .filter((other) => isBeside(id, other))
    .map((other) => {
      const figure = other === "coap-package" ? BLOCKS_PER_SECOND : CPU_PER_BLOCK;
      const limit = limits[other];
      return { of: `${sceneId}.${other}`, figure, ...(limit && { limit }) };
    });
}

/** Ours is compared with all others, and with the earlier one that runs as it does. */
function isBeside(id: ContenderId, other: ContenderId): boolean {
  if (other.startsWith("earlier")) return other.endsWith("-off") === id.endsWith("-off");
  return !other.startsWith("narrowboat");
}

async function measure(bench: Bench, id: string, title: string, load: BlockLoad): Promise<Section> {
  const { protocol, blockSize } = load;
  const clients = bench.quick ? Math.min(load.clients, QUICK_CLIENTS_MAX) : load.clients;
  const slices = clients > SLICED_CLIENTS_MAX ? 1 : SLICES;
  const times = { warmUpMs: slices === 1 ? LONG_WARM_UP_MS : WARM_UP_MS, measureMs: bench.measureMs / slices };
  const trials: Trial[] = [];
  const skipped: Row[] = [];
  const stage = new Stage(bench);
  try {
    for (const contenderId of contendersFor(load, bench)) {
      const rowId = `${id}.${contenderId}`;
      const actor = await stage.start(contenderId, clients);
      if ("absence" in actor) {
        skipped.push(skippedRow(rowId, actor.title, actor.absence));
        continue;
      }
      const { contender, target } = actor;
      const devices = await stage.devices(target, { protocol, blockSize, clients });
      trials.push({
        id: rowId,
        server: contender.title,
        run: () => blockCost(target.pid, devices.loop, times),
        compared: wantedOf(contenderId, id, load, bench),
        notes: () => notesOn(devices),
      });
    }
    const turns = { runs: bench.runs, slices, heat: !bench.quick };
    const rows = await alternate(trials, turns, (run) => bench.told(`${title}: run ${run + 1} of ${bench.runs}`));
    return { title, rows: [...rows, ...skipped] };
  } finally {
    await stage.close();
  }
}

function notesOn({ loop }: DeviceCrowd): readonly string[] {
  if (loop.lost === 0) return [];
  return [`${loop.lost} of ${loop.lost + loop.answered} requests got no answer in time`];
}
