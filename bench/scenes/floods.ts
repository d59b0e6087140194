// What 64 busy sessions keep beside a flood: their blocks a second, as a share of what they get while the same flood hits
// another server of the same kind on the same machine (the control), so that only the shared processors count. The flood
// is paced by the clock; what was sent, and what the kernel dropped before the server saw it, is told apart. In the end
// time passes for the server, until everything is over that a flood began, and its tables are compared with those of before.

import type { Bench, Scene } from "../bench.ts";
import { BLOCKS_PER_SECOND } from "../block-cost.ts";
import { measuredBeside } from "../flooded.ts";
import type { DeviceCrowd } from "../load/device-crowd.ts";
import { type FloodSpeech, floodAbsence } from "../load/flood.ts";
import {
  type ClientFlights,
  forgedRecords,
  halfOpenHandshakes,
  hellos,
  plainGets,
  randomBytesOfAllLengths,
  recordedFlights,
  replayedRecords,
  unknownPaths,
  wrongKeys,
} from "../load/flood-speeches.ts";
import { type Comparison, holds, type Row, type Section } from "../report/row.ts";
import { Stage } from "../stage.ts";
import { spreadOf } from "../statistics.ts";
import { type Observation, type ObservedTarget, observedNarrowboat } from "../targets/observed-target.ts";
import { alternate, skippedRow, type Trial } from "../trial.ts";

const BUSY = { protocol: "dtls", blockSize: 1024, connectionIds: true } as const;
const CLIENTS = 64;
const QUICK_CLIENTS = 4;
/** Datagrams, or handshakes, a second. */
const LOW_RATE = 5_000;
const HIGH_RATES = { narrowboat: 100_000, "narrowboat-off": 20_000 } as const;
const QUICK_RATE = 500;
const LOW_SHARE_MIN = 0.7;
const HIGH_SHARE_MIN = 0.5;
/** Longer than whatever a stranger began is remembered: an hour for a transfer. */
const AFTERWARDS_MS = 75 * 60_000;

/** What a flood's speech is made from. */
interface Circumstances {
  readonly target: ObservedTarget;
  readonly devices: DeviceCrowd;
  readonly flights: ClientFlights;
}

interface FloodKind {
  readonly name: string;
  readonly title: string;
  readonly scheme: "coap" | "coaps";
  speech(circumstances: Circumstances): FloodSpeech;
}

const KINDS: readonly FloodKind[] = [
  { name: "hellos", title: "first hellos", scheme: "coaps", speech: ({ flights }) => hellos(flights) },
  {
    name: "half-open",
    title: "handshakes that fall silent after the cookie",
    scheme: "coaps",
    speech: ({ flights }) => halfOpenHandshakes(flights),
  },
  { name: "random", title: "random bytes", scheme: "coaps", speech: () => randomBytesOfAllLengths() },
  {
    name: "forged",
    title: "forged records to the sessions",
    scheme: "coaps",
    speech: ({ devices }) => forgedRecords(devices),
  },
  {
    name: "replayed",
    title: "records of the sessions, replayed",
    scheme: "coaps",
    speech: ({ devices }) => replayedRecords(devices),
  },
  { name: "plain-gets", title: "plain GETs of a block", scheme: "coap", speech: ({ target }) => plainGets(target) },
  { name: "unknown-paths", title: "plain GETs of unknown paths", scheme: "coap", speech: () => unknownPaths() },
  {
    name: "wrong-keys",
    title: "handshakes with a wrong key",
    scheme: "coaps",
    speech: ({ flights }) => wrongKeys(flights),
  },
];

export function floodScenes(): readonly Scene[] {
  return KINDS.map((kind) => {
    const title = `DTLS CCM_8, 64 busy clients beside a flood: ${kind.title}`;
    return { id: `floods.${kind.name}`, title, run: (bench) => measure(bench, kind, title) };
  });
}

async function measure(bench: Bench, kind: FloodKind, title: string): Promise<Section> {
  const parts = bench.quick ? [true] : [true, false];
  const contenders = parts.map((native) => observedNarrowboat({ node: bench.node, native }));
  const absence = floodAbsence();
  if (absence !== undefined) {
    const rows = contenders.map((one) => skippedRow(`floods.${kind.name}.${one.id}`, one.title, absence));
    return { title, rows };
  }
  const rows: Row[] = [];
  for (const contender of contenders) {
    const stage = new Stage(bench);
    try {
      rows.push(...(await measureOne(bench, stage, kind, contender)));
    } finally {
      await stage.close();
    }
  }
  return { title, rows };
}

async function measureOne(
  bench: Bench,
  stage: Stage,
  kind: FloodKind,
  contender: ReturnType<typeof observedNarrowboat>,
): Promise<readonly Row[]> {
  const [served, other] = [await started(stage, contender), await started(stage, contender)];
  const devices = await stage.devices(served, { ...BUSY, clients: bench.quick ? QUICK_CLIENTS : CLIENTS });
  const flights = await recordedFlights(stage.crowd(served), served);
  const speech = kind.speech({ target: served, devices, flights });
  const high = HIGH_RATES[contender.id as keyof typeof HIGH_RATES];
  const rates = bench.quick ? [QUICK_RATE] : [LOW_RATE, high];
  const trials = rates.flatMap((rate): Trial[] => {
    const id = `floods.${kind.name}.${rate}.${contender.id}`;
    const beside = (flooded: ObservedTarget) => () => {
      const port = kind.scheme === "coaps" ? flooded.coapsPort! : flooded.coapPort;
      return measuredBeside(bench, { served, devices, flood: { port, speech, rate }, measureMs: bench.measureMs });
    };
    const limit = { atLeast: rate === high ? HIGH_SHARE_MIN : LOW_SHARE_MIN };
    return [
      { id: `${id}.control`, server: `${contender.title}, ${rate} a second elsewhere`, run: beside(other) },
      {
        id,
        server: `${contender.title}, ${rate} a second`,
        run: beside(served),
        compared: [{ of: `${id}.control`, figure: BLOCKS_PER_SECOND, limit }],
      },
    ];
  });
  const before = await served.observe();
  const rows = await alternate(trials, { runs: bench.runs, slices: 1, heat: !bench.quick }, (run) =>
    bench.told(`${kind.title}, ${contender.title}: run ${run + 1} of ${bench.runs}`),
  );
  const after = await served.observe(AFTERWARDS_MS);
  return rows.map((row, i) => (i === rows.length - 1 ? withTables(row, before, after) : row));
}

async function started(stage: Stage, contender: ReturnType<typeof observedNarrowboat>): Promise<ObservedTarget> {
  const actor = await stage.startContender(contender, CLIENTS);
  if ("absence" in actor) throw new Error(actor.absence);
  return actor.target;
}

/** `row` with what is left of the floods when all of it should be forgotten. */
function withTables(row: Row, before: Observation, after: Observation): Row {
  const counts = Object.entries(before.tables).filter(([name]) => !name.endsWith("Bytes"));
  const entries = counts.reduce((sum, [, count]) => sum + count, 0);
  const grown = counts.filter(([name, count]) => after.tables[name]! > count);
  const more = grown.reduce((sum, [name, count]) => sum + after.tables[name]! - count, 0);
  const limit = { atMost: 1 } as const;
  const ratio = spreadOf([(entries + more) / entries]);
  const comparison: Comparison = {
    with: "the tables before",
    figure: "entries",
    ratio,
    limit,
    held: holds(ratio.median, limit),
  };
  const megabytes = [before, after].map(({ memoryBytes }) => (memoryBytes / 1e6).toFixed(1));
  const notes = [
    ...grown.map(([name, count]) => `${name}: ${count} before, ${after.tables[name]} when all was over`),
    `memory in use ${megabytes[0]} MB before, ${megabytes[1]} MB when all was over`,
  ];
  return { ...row, comparisons: [...row.comparisons, comparison], notes: [...row.notes, ...notes] };
}
