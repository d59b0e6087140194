// The guards' ratios to echoes, in short slices that take turns: echoes, first guard, echoes, second guard, …
//
// Neighbours on the machine slow the kernel and JavaScript by different factors. An echo in C is nearly all kernel, one on
// node:dgram mostly JavaScript. What serves without native parts is like the latter; what serves with them is half of each,
// and has the geometric mean of both for its reference: so an unchanged server stays within a tenth of its ratio where it
// moved by a quarter beside the echo in C alone.

import type { Bench } from "../bench.ts";
import { Stage } from "../stage.ts";
import type { ContenderId, Target } from "../targets/target.ts";
import { echoMeasure, type Guard, IDENTITY_COUNT } from "./guards.ts";

/** Microseconds for a datagram, in the same seconds as a guard. */
interface Echoes {
  readonly c: number;
  readonly dgram: number;
}

/** Measures that do not count: servers in JavaScript are compiled while they work. */
const HEAT_ROUNDS = 4;

export interface MeasurementInput {
  readonly guards: readonly Guard[];
  readonly rounds: number;
}

/** By guard's id one ratio for each round. Fresh servers, so that two measurements share nothing. */
export async function measuredRatios(
  bench: Bench,
  { guards, rounds }: MeasurementInput,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const stage = new Stage(bench);
  try {
    const [c, dgram] = [
      await echoMeasure(bench, stage, await started(stage, "echo-c")),
      await echoMeasure(bench, stage, await started(stage, "echo-dgram")),
    ];
    const echoSlice = async (): Promise<Echoes> => ({ c: await c(), dgram: await dgram() });
    const slices: (() => Promise<number>)[] = [];
    for (const guard of guards) {
      slices.push(await guard.prepare(bench, stage, await started(stage, guard.contender)));
    }
    const ratios = new Map<string, number[]>(guards.map(({ id }) => [id, []]));
    for (let round = bench.quick ? 0 : -HEAT_ROUNDS; round < rounds; round++) {
      bench.told(`round ${round + 1} of ${rounds}`);
      let before = await echoSlice();
      for (const [i, slice] of slices.entries()) {
        const own = await slice();
        const after = await echoSlice();
        const guard = guards[i]!;
        if (round >= 0)
          ratios.get(guard.id)!.push((2 * own) / (referenceOf(guard, before) + referenceOf(guard, after)));
        before = after;
      }
    }
    return ratios;
  } finally {
    await stage.close();
  }
}

function referenceOf({ contender }: Guard, { c, dgram }: Echoes): number {
  return contender === "narrowboat-off" ? dgram : Math.sqrt(c * dgram);
}

async function started(stage: Stage, id: ContenderId): Promise<Target> {
  const actor = await stage.start(id, IDENTITY_COUNT);
  if ("absence" in actor) throw new Error(`${actor.title}: ${actor.absence}`);
  return actor.target;
}
