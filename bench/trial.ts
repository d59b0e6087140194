// Measurements that take turns, A B A B …, so that all see the same machine in the same minutes.

import type { Limit, Row } from "./report/row.ts";
import { holds } from "./report/row.ts";
import { pairedRatios, spreadOf } from "./statistics.ts";

/** Figures by their name. */
export type Measured = Readonly<Record<string, number>>;

/** What is compared with the row of another server: one figure of both. */
export interface Wanted {
  /** The other trial's id. */
  readonly of: string;
  readonly figure: string;
  readonly limit?: Limit;
}

export interface Trial {
  readonly id: string;
  readonly server: string;
  /** Measures one slice. */
  run(): Promise<Measured>;
  readonly compared?: readonly Wanted[];
  /** Asked when all runs are done. */
  notes?(): readonly string[];
}

export interface Turns {
  readonly runs: number;
  /** How often the turn goes round in each run; a run's figures are the means of its slices. */
  readonly slices: number;
  /** Whether a run that does not count comes first: a server in JavaScript is compiled while it works. */
  readonly heat: boolean;
}

/** Every trial in every slice of every run, in turn; `told` hears of each run. */
export async function alternate(
  trials: readonly Trial[],
  { runs, slices, heat }: Turns,
  told: (run: number) => void,
): Promise<readonly Row[]> {
  const values = new Map<string, Record<string, number[]>>(trials.map(({ id }) => [id, {}]));
  for (let run = heat ? -1 : 0; run < runs; run++) {
    told(run);
    for (let slice = 0; slice < slices; slice++) {
      for (const trial of trials) {
        const kept = values.get(trial.id)!;
        const measured = await measuredBy(trial);
        if (run < 0) continue;
        for (const [name, value] of Object.entries(measured)) {
          kept[name] ??= new Array<number>(runs).fill(0);
          kept[name][run]! += value / slices;
        }
      }
    }
  }
  return trials.map((trial) => rowOf(trial, trials, values));
}

/** Says whose run it was when it fails. */
async function measuredBy(trial: Trial): Promise<Measured> {
  try {
    return await trial.run();
  } catch (error) {
    throw new Error(`${trial.id}: ${(error as Error).message}`, { cause: error });
  }
}

function rowOf(
  trial: Trial,
  trials: readonly Trial[],
  values: ReadonlyMap<string, Readonly<Record<string, readonly number[]>>>,
): Row {
  const { id, server, compared = [] } = trial;
  const own = values.get(id)!;
  const comparisons = compared.flatMap(({ of, figure, limit }) => {
    const [mine, theirs] = [own[figure], values.get(of)?.[figure]];
    if (mine === undefined || theirs === undefined) return [];
    const ratio = spreadOf(pairedRatios(mine, theirs));
    const name = trials.find((other) => other.id === of)!.server;
    return { with: name, figure, ratio, ...(limit && { limit, held: holds(ratio.median, limit) }) };
  });
  const figures = Object.entries(own).map(([name, list]) => ({ name, values: list, spread: spreadOf(list) }));
  return { id, server, figures, comparisons, notes: trial.notes?.() ?? [] };
}

/** A row for what cannot be measured here. */
export function skippedRow(id: string, server: string, reason: string): Row {
  return { id, server, figures: [], comparisons: [], notes: [], skipped: reason };
}
