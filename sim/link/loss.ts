// What a link loses: one decision for each transmission of a frame. A model is parameters, as a profile gives them;
// a process is a model with its state in one direction of one link. docs/links.md 2 gives the formulas.

import * as v from "valibot";
import type { Instant } from "../../src/base/instant.ts";
import type { Prng } from "../prng.ts";
import { fraction, group, positiveFraction, positiveSeconds } from "../profiles/figure.ts";

export const lossSchema = v.variant(
  "kind",
  [
    group({ kind: v.literal("none") }),
    /** Each frame by itself. */
    group({ kind: v.literal("bernoulli"), probability: fraction }),
    /** Gilbert and Elliott, one step for each frame, as netem's `loss gemodel`: the state before the step decides. */
    group({
      kind: v.literal("gilbert-packet"),
      goodToBad: positiveFraction,
      badToGood: positiveFraction,
      lossInBad: fraction,
      lossInGood: fraction,
    }),
    /** Gilbert and Elliott in continuous time: a bad state passes whether or not anything is sent. */
    group({
      kind: v.literal("gilbert-time"),
      meanBadSeconds: positiveSeconds,
      meanGoodSeconds: positiveSeconds,
      lossInBad: fraction,
      lossInGood: fraction,
    }),
    /** A frame is lost when one of its bits is wrong. */
    group({ kind: v.literal("bit-errors"), bitErrorRate: fraction }),
  ],
  "must be none, bernoulli, gilbert-packet, gilbert-time or bit-errors",
);

export type LossModel = v.InferOutput<typeof lossSchema>;
type GilbertPacket = Extract<LossModel, { kind: "gilbert-packet" }>;
type GilbertTime = Extract<LossModel, { kind: "gilbert-time" }>;

export interface LossProcess {
  /** Whether a frame of `length` bytes that is sent at `now` is lost; `now` never goes back. */
  lost(now: Instant, length: number): boolean;
}

export function lossProcess(model: LossModel, random: Prng): LossProcess {
  switch (model.kind) {
    case "none":
      return { lost: () => false };
    case "bernoulli":
      return { lost: () => random.fraction() < model.probability };
    case "bit-errors":
      return { lost: (_now, length) => random.fraction() < bitErrorLoss(model.bitErrorRate, length) };
    case "gilbert-packet":
      return gilbertPacketProcess(model, random);
    case "gilbert-time":
      return gilbertTimeProcess(model, random);
  }
}

/** The share of frames of `length` bytes that a model loses in the long run. */
export function meanLoss(model: LossModel, length: number): number {
  switch (model.kind) {
    case "none":
      return 0;
    case "bernoulli":
      return model.probability;
    case "bit-errors":
      return bitErrorLoss(model.bitErrorRate, length);
    default: {
      const bad = badShare(model);
      return bad * model.lossInBad + (1 - bad) * model.lossInGood;
    }
  }
}

/** The share of frames, or of the time, that a Gilbert-Elliott model is in its bad state. */
export function badShare(model: GilbertPacket | GilbertTime): number {
  return model.kind === "gilbert-packet"
    ? model.goodToBad / (model.goodToBad + model.badToGood)
    : model.meanBadSeconds / (model.meanBadSeconds + model.meanGoodSeconds);
}

/** The chance to be in the bad state `seconds` after one was, or was not, in it. */
export function badAfter(model: GilbertTime, wasBad: boolean, seconds: number): number {
  const bad = badShare(model);
  const memory = Math.exp(-(1 / model.meanBadSeconds + 1 / model.meanGoodSeconds) * seconds);
  return bad + ((wasBad ? 1 : 0) - bad) * memory;
}

function bitErrorLoss(bitErrorRate: number, length: number): number {
  return 1 - (1 - bitErrorRate) ** (8 * length);
}

function gilbertPacketProcess(model: GilbertPacket, random: Prng): LossProcess {
  let bad = random.fraction() < badShare(model);
  return {
    lost: () => {
      const wasBad = bad;
      if (random.fraction() < (bad ? model.badToGood : model.goodToBad)) bad = !bad;
      return random.fraction() < (wasBad ? model.lossInBad : model.lossInGood);
    },
  };
}

function gilbertTimeProcess(model: GilbertTime, random: Prng): LossProcess {
  let bad = random.fraction() < badShare(model);
  let seenAt: Instant | undefined;
  return {
    lost: (now) => {
      // The state is only looked at when a frame is sent, so what may have happened in between is one draw.
      if (seenAt !== undefined) bad = random.fraction() < badAfter(model, bad, (now - seenAt) / 1000);
      seenAt = now;
      return random.fraction() < (bad ? model.lossInBad : model.lossInGood);
    },
  };
}
