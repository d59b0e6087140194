// How much a link loses, and in how long bursts, from which of its transmissions got lost. The model is a chain of two states
// (Gilbert, without loss in the good one). The intervals do not believe in it: where bursts make a series worth less than
// its length, or runs of losses scatter more than a chain's, they are as much wider.

import type { LossModel } from "../link/loss.ts";
import { mean } from "../tune/sample-statistics.ts";
import type { LossSeries } from "./exchange.ts";

/** The normal deviate of a two-sided 95 % interval. */
export const DEVIATE = 1.96;

/** A figure with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface LossFit {
  readonly sentCount: number;
  readonly lostCount: number;
  /** Share of the transmissions. */
  readonly share: Estimate;
  /** How many are lost in a row, in the mean; undefined where none was. */
  readonly burst: Estimate | undefined;
  /** Bursts only where chance does not explain them. */
  readonly model: LossModel;
}

/** What followed what. */
interface Counts {
  goodToGood: number;
  goodToBad: number;
  badToGood: number;
  badToBad: number;
}

export function fitLoss(series: readonly LossSeries[]): LossFit {
  const sentCount = series.reduce((sum, one) => sum + one.length, 0);
  const lostCount = series.reduce((sum, one) => sum + one.filter((lost) => lost).length, 0);
  const counts = countsOf(series);
  const { goodToBad, badToGood } = counts;
  const byChance = wilsonInterval(lostCount, sentCount);
  if (goodToBad === 0 || badToGood === 0) {
    const { value: probability } = byChance;
    const model: LossModel = probability === 0 ? { kind: "none" } : { kind: "bernoulli", probability };
    return { sentCount, lostCount, share: byChance, burst: undefined, model };
  }
  const ends = wilsonInterval(badToGood, badToGood + counts.badToBad);
  const r = ends.value;
  const burst = scattered({ value: 1 / r, low: 1 / ends.high, high: 1 / ends.low }, runDeviation(series));
  const chance = 1 / (1 - byChance.value);
  if (chance >= burst.low && chance <= burst.high) {
    const model: LossModel = { kind: "bernoulli", probability: byChance.value };
    return { sentCount, lostCount, share: byChance, burst, model };
  }
  const p = goodToBad / (goodToBad + counts.goodToGood);
  const model: LossModel = { kind: "gilbert-packet", goodToBad: p, badToGood: r, lossInBad: 1, lossInGood: 0 };
  const worth = sentCount / varianceInflation(series, byChance.value);
  return { sentCount, lostCount, share: wilsonInterval(byChance.value * worth, worth), burst, model };
}

/** The share of each of two directions alike that lose `share` of the exchanges between them, bursts as they are. */
export function halved({ share: { value }, model }: LossFit): LossModel {
  const probability = 1 - Math.sqrt(1 - value);
  if (model.kind !== "gilbert-packet") return value === 0 ? { kind: "none" } : { kind: "bernoulli", probability };
  const goodToBad = Math.min(1, (model.badToGood * probability) / (1 - probability));
  return { ...model, goodToBad };
}

function countsOf(series: readonly LossSeries[]): Counts {
  const counts: Counts = { goodToGood: 0, goodToBad: 0, badToGood: 0, badToBad: 0 };
  for (const one of series) {
    for (let i = 1; i < one.length; i++) {
      if (one[i - 1]) counts[one[i] ? "badToBad" : "badToGood"]++;
      else counts[one[i] ? "goodToBad" : "goodToGood"]++;
    }
  }
  return counts;
}

/** Wilson's interval of a share: it holds for few losses as for many, and for none. */
export function wilsonInterval(count: number, total: number): Estimate {
  if (total === 0) return { value: 0, low: 0, high: 1 };
  const share = count / total;
  const square = DEVIATE ** 2;
  const middle = (share + square / (2 * total)) / (1 + square / total);
  const half =
    (DEVIATE / (1 + square / total)) * Math.sqrt((share * (1 - share)) / total + square / (4 * total * total));
  return { value: share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** How far a series remembers: bursts of a link in transfers are shorter. */
const LAG_MAX = 40;

/** By how much the variance of the share exceeds that of independent losses (Bartlett's window over the autocorrelations). */
function varianceInflation(series: readonly LossSeries[], share: number): number {
  const variance = share * (1 - share);
  const sentCount = series.reduce((sum, one) => sum + one.length, 0);
  const deviation = (lost: boolean | undefined) => (lost === true ? 1 : 0) - share;
  let inflation = 1;
  for (let lag = 1; lag <= LAG_MAX; lag++) {
    let sum = 0;
    for (const one of series) for (let i = lag; i < one.length; i++) sum += deviation(one[i]) * deviation(one[i - lag]);
    inflation += (2 * (1 - lag / (LAG_MAX + 1)) * sum) / (sentCount * variance);
  }
  return Math.max(1, inflation);
}

/** Standard deviation of the mean of the logarithm of a run of losses. */
function runDeviation(series: readonly LossSeries[]): number {
  const runs: number[] = [];
  for (const one of series) {
    let run = 0;
    for (const lost of one) {
      if (!lost && run > 0) runs.push(run);
      run = lost ? run + 1 : 0;
    }
  }
  const middle = mean(runs) ?? 1;
  const square = runs.reduce((sum, run) => sum + (run - middle) ** 2, 0);
  return runs.length < 2 ? 0 : Math.sqrt(square / (runs.length - 1) / runs.length) / middle;
}

/** The wider of an interval and that of a value whose logarithm has this deviation. */
function scattered({ value, low, high }: Estimate, deviation: number): Estimate {
  const factor = Math.exp(DEVIATE * deviation);
  return { value, low: Math.min(low, Math.max(1, value / factor)), high: Math.max(high, value * factor) };
}
