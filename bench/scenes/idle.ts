// What sleeping sessions cost: processor time of each block of 64 busy ones, and memory for each sleeper. For each number
// of sleepers a server of its own, all under the same load in turn; so what a server takes without any falls out.

import { type Bench, type Scene, WARM_UP_MS } from "../bench.ts";
import { blockCost, CPU_PER_BLOCK } from "../block-cost.ts";
import { HANDSHAKE_WINDOW } from "../load/device-crowd.ts";
import { connectAll } from "../load/handshakes.ts";
import type { Row, Section } from "../report/row.ts";
import { residentMegabytes, withBytesPerSession } from "../session-memory.ts";
import { Stage } from "../stage.ts";
import type { ContenderId, Target } from "../targets/target.ts";
import { alternate, skippedRow, type Trial } from "../trial.ts";

const TITLE = "DTLS CCM_8, 64 busy clients beside idle sessions";
const ID = "idle";
const BUSY = { protocol: "dtls", blockSize: 1024, clients: 64 } as const;
const SLICES = 5;
const BYTES_PER_SESSION_MAX = 1_024;
const CPU_GROWTH_MAX = 1.1;

interface Sleepers {
  readonly contender: ContenderId;
  /** The first is what the others are compared with. */
  readonly counts: readonly number[];
  /** Whether something is promised of the largest number. */
  readonly promised: boolean;
}

const FULL: readonly Sleepers[] = [
  { contender: "narrowboat", counts: [0, 10_000, 100_000], promised: true },
  { contender: "libcoap-openssl", counts: [0, 5_000], promised: false },
];
const QUICK: readonly Sleepers[] = [
  { contender: "narrowboat", counts: [0, 20], promised: true },
  { contender: "libcoap-openssl", counts: [0, 10], promised: false },
];

export const idleScene: Scene = { id: ID, title: TITLE, run: measure };

async function measure(bench: Bench): Promise<Section> {
  const stage = new Stage(bench);
  const trials: Trial[] = [];
  const skipped: Row[] = [];
  const cases = bench.quick ? QUICK : FULL;
  try {
    for (const { contender, counts, promised } of cases) {
      for (const count of counts) {
        const made = await trialWith(bench, stage, contender, count, promised && count === counts.at(-1));
        if ("figures" in made) skipped.push(made);
        else trials.push(made);
      }
    }
    const turns = { runs: bench.runs, slices: SLICES, heat: !bench.quick };
    const rows = await alternate(trials, turns, (run) => bench.told(`idle sessions: run ${run + 1} of ${bench.runs}`));
    const withMemory = cases.flatMap((one) => one.counts.map((count) => memoryRow(rows, one, count)));
    return { title: TITLE, rows: [...withMemory.filter((row) => row !== undefined), ...skipped] };
  } finally {
    await stage.close();
  }
}

async function trialWith(
  bench: Bench,
  stage: Stage,
  id: ContenderId,
  count: number,
  promised: boolean,
): Promise<Trial | Row> {
  const rowId = rowIdOf(id, count);
  const actor = await stage.start(id, BUSY.clients + count);
  if ("absence" in actor) return skippedRow(rowId, `${actor.title}, ${count} idle`, actor.absence);
  const { contender, target } = actor;
  const devices = await stage.devices(target, BUSY);
  bench.told(`${contender.title}: ${count} devices connect and sleep`);
  await fallAsleep(stage, target, count);
  return {
    id: rowId,
    server: `${contender.title}, ${count} idle`,
    run: async () => {
      const cost = await blockCost(target.pid, devices.loop, {
        warmUpMs: WARM_UP_MS,
        measureMs: bench.measureMs / SLICES,
      });
      return { ...cost, ...residentMegabytes(target.pid) };
    },
    compared:
      count === 0
        ? []
        : [{ of: rowIdOf(id, 0), figure: CPU_PER_BLOCK, ...(promised && { limit: { atMost: CPU_GROWTH_MAX } }) }],
  };
}

function rowIdOf(id: ContenderId, count: number): string {
  return `${ID}.${count}.${id}`;
}

/** On this side nothing is kept of a sleeper. */
async function fallAsleep(stage: Stage, target: Target, count: number): Promise<void> {
  if (count === 0) return;
  const credentials = { serverPort: target.coapsPort!, identity: target.identity, key: target.key };
  const range = { first: BUSY.clients, count, window: HANDSHAKE_WINDOW };
  await connectAll(stage.crowd(target), credentials, range, () => {});
}

/** The row with what each of its sleepers takes. */
function memoryRow(rows: readonly Row[], { contender, counts, promised }: Sleepers, count: number): Row | undefined {
  const find = (sleepers: number) => rows.find(({ id }) => id === rowIdOf(contender, sleepers));
  const [row, without] = [find(count), find(0)];
  if (row === undefined || without === undefined || count === 0) return row;
  const limit = promised && count === counts.at(-1) ? BYTES_PER_SESSION_MAX : undefined;
  return withBytesPerSession(row, without, { count, name: "bytes per idle session", limit });
}
