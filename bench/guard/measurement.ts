// The guards' ratios to the echo, in short slices that take turns: echo, first guard, echo, second guard, …

import type { Bench } from "../bench.ts";
import { Stage } from "../stage.ts";
import type { ContenderId, Target } from "../targets/target.ts";
import { echoMeasure, type Guard, IDENTITY_COUNT } from "./guards.ts";

/** What they are compared with. */
const ECHO: ContenderId = "echo-c";
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
    const echoSlice = await echoMeasure(bench, stage, await started(stage, ECHO));
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
        if (round >= 0) ratios.get(guards[i]!.id)!.push((2 * own) / (before + after));
        before = after;
      }
    }
    return ratios;
  } finally {
    await stage.close();
  }
}

async function started(stage: Stage, id: ContenderId): Promise<Target> {
  const actor = await stage.start(id, IDENTITY_COUNT);
  if ("absence" in actor) throw new Error(`${actor.title}: ${actor.absence}`);
  return actor.target;
}
