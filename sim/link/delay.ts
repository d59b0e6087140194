// How long a datagram is under way after its last bit left the sender: propagation, scheduling, queues further on.

import * as v from "valibot";
import type { Prng } from "../prng.ts";
import { count, group, milliseconds } from "../profiles/figure.ts";

export const delaySchema = v.variant(
  "kind",
  [
    group({ kind: v.literal("fixed"), ms: milliseconds }),
    group({ kind: v.literal("uniform"), minMs: milliseconds, maxMs: milliseconds }),
    /** A floor and, on top of it, a gamma distribution of this shape and mean: the long tail of cellular scheduling. */
    group({ kind: v.literal("gamma"), floorMs: milliseconds, shape: count(1, 1000), meanMs: milliseconds }),
    /** Never below 0. */
    group({ kind: v.literal("normal"), meanMs: milliseconds, deviationMs: milliseconds }),
  ],
  "must be fixed, uniform, gamma or normal",
);

export type DelayModel = v.InferOutput<typeof delaySchema>;

/** One draw, in milliseconds. */
export function drawDelay(model: DelayModel, random: Prng): number {
  switch (model.kind) {
    case "fixed":
      return model.ms;
    case "uniform":
      return model.minMs + (model.maxMs - model.minMs) * random.fraction();
    case "gamma":
      return model.floorMs + random.gamma(model.shape, model.meanMs);
    case "normal":
      return Math.max(0, model.meanMs + model.deviationMs * random.normal());
  }
}

/** In milliseconds; for `normal` that of the distribution before it is cut at 0. */
export function meanDelay(model: DelayModel): number {
  switch (model.kind) {
    case "fixed":
      return model.ms;
    case "uniform":
      return (model.minMs + model.maxMs) / 2;
    case "gamma":
      return model.floorMs + model.meanMs;
    case "normal":
      return model.meanMs;
  }
}
