// What busy sessions cost in memory: a server whose thousands of sessions all fetch blocks, beside one with 64 of them. Ours
// has so many that the few megabytes by which a heap of V8 differs from run to run are few bytes a session; libcoap takes
// too long to greet as many.

import { type Bench, type Scene, WARM_UP_MS } from "../bench.ts";
import { BLOCKS_PER_SECOND, blockCost } from "../block-cost.ts";
import type { Row, Section } from "../report/row.ts";
import { residentMegabytes, withBytesPerSession } from "../session-memory.ts";
import { Stage } from "../stage.ts";
import type { ContenderId } from "../targets/target.ts";
import { alternate, skippedRow, type Trial } from "../trial.ts";

const TITLE = "DTLS CCM_8, memory of busy sessions";
const ID = "busy-memory";
const FEW = 64;
const QUICK = { few: 2, more: 10 };
const CONTENDERS: readonly { readonly id: ContenderId; readonly more: number }[] = [
  { id: "narrowboat", more: 10_000 },
  { id: "libcoap-openssl", more: 1_000 },
];
const BYTES_PER_SESSION_MAX = 8_192;

export const busyMemoryScene: Scene = { id: ID, title: TITLE, run: measure };

async function measure(bench: Bench): Promise<Section> {
  const few = bench.quick ? QUICK.few : FEW;
  const contenders = CONTENDERS.map(({ id, more }) => ({ id, more: bench.quick ? QUICK.more : more }));
  const stage = new Stage(bench);
  const trials: Trial[] = [];
  const skipped: Row[] = [];
  try {
    for (const { id, more } of contenders) {
      for (const clients of [few, few + more]) {
        const actor = await stage.start(id, clients);
        if ("absence" in actor) {
          skipped.push(skippedRow(rowIdOf(id, clients), actor.title, actor.absence));
          continue;
        }
        const { contender, target } = actor;
        const { loop } = await stage.devices(target, { protocol: "dtls", blockSize: 1024, clients });
        trials.push({
          id: rowIdOf(id, clients),
          server: `${contender.title}, ${clients} busy`,
          run: async () => {
            const cost = await blockCost(target.pid, loop, { warmUpMs: WARM_UP_MS, measureMs: bench.measureMs });
            return { [BLOCKS_PER_SECOND]: cost[BLOCKS_PER_SECOND]!, ...residentMegabytes(target.pid) };
          },
        });
      }
    }
    const turns = { runs: bench.runs, slices: 1, heat: !bench.quick };
    const rows = await alternate(trials, turns, (run) => bench.told(`busy sessions: run ${run + 1} of ${bench.runs}`));
    const find = (id: ContenderId, clients: number) => rows.find((row) => row.id === rowIdOf(id, clients));
    const measured = contenders.flatMap(({ id, more }) => {
      const [base, row] = [find(id, few), find(id, few + more)];
      if (base === undefined || row === undefined) return [];
      const limit = id === "narrowboat" ? BYTES_PER_SESSION_MAX : undefined;
      return [base, withBytesPerSession(row, base, { count: more, name: "bytes per busy session", limit })];
    });
    return { title: TITLE, rows: [...measured, ...skipped] };
  } finally {
    await stage.close();
  }
}

function rowIdOf(id: ContenderId, clients: number): string {
  return `${ID}.${clients}.${id}`;
}
