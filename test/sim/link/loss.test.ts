import { suite } from "uvu";
import * as assert from "uvu/assert";
import { badAfter, type LossModel, lossProcess, meanLoss } from "../../../sim/link/loss.ts";
import { Prng } from "../../../sim/prng.ts";
import { instant } from "../../../src/base/instant.ts";

const loss = suite("loss");

const FRAME_COUNT = 400_000;

/** Which of many frames, `spacingMs` apart, a model loses. */
function losses(model: LossModel, spacingMs = 1, frameCount = FRAME_COUNT): boolean[] {
  const process = lossProcess(model, new Prng(11));
  return Array.from({ length: frameCount }, (_, i) => process.lost(instant(i * spacingMs), 100));
}

function share(flags: readonly boolean[]): number {
  return flags.filter(Boolean).length / flags.length;
}

/** How many losses in a row, for each such row. */
function bursts(flags: readonly boolean[]): number[] {
  const lengths: number[] = [];
  flags.forEach((lost, i) => {
    if (lost && flags[i - 1]) lengths[lengths.length - 1]!++;
    else if (lost) lengths.push(1);
  });
  return lengths;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

/** docs/links.md 2.1: four standard deviations, the variance of a Gilbert-Elliott chain widened by its correlation. */
function tolerance(probability: number, correlation = 0): number {
  const variance = (probability * (1 - probability)) / FRAME_COUNT;
  return 4 * Math.sqrt((variance * (1 + correlation)) / (1 - correlation));
}

const GILBERT = { kind: "gilbert-packet", goodToBad: 0.02, badToGood: 0.2, lossInBad: 1, lossInGood: 0 } as const;
const GILBERT_ELLIOTT = { ...GILBERT, lossInBad: 0.6, lossInGood: 0.01 } as const;
const IN_TIME = { kind: "gilbert-time", meanBadSeconds: 2, meanGoodSeconds: 18, lossInBad: 1, lossInGood: 0 } as const;

loss("netem `loss 10%`: a tenth is lost, in bursts of 1/(1-p)", () => {
  const flags = losses({ kind: "bernoulli", probability: 0.1 });
  near(share(flags), 0.1, tolerance(0.1));
  near(mean(bursts(flags)), 1 / 0.9, 0.01);
});

loss("netem `loss gemodel 2% 20%`: 0.0909 is lost, in bursts of 5", () => {
  const flags = losses(GILBERT);
  near(share(flags), 0.090909, tolerance(0.090909, 0.78));
  near(mean(bursts(flags)), 5, 0.2);
});

loss("netem `loss gemodel 2% 20%`: 0.8^9 of the bursts have 10 frames or more", () => {
  const lengths = bursts(losses(GILBERT));
  near(
    lengths.filter((length) => length >= 10).length / lengths.length,
    0.1342,
    4 * Math.sqrt(0.1162 / lengths.length),
  );
});

loss("netem `loss gemodel 2% 20% 60% 1%`: 0.0636 is lost", () => {
  const flags = losses(GILBERT_ELLIOTT);
  near(share(flags), 0.063636, tolerance(0.063636, 0.78));
  near(meanLoss(GILBERT_ELLIOTT, 100), 0.063636, 1e-6);
});

loss("Gilbert-Elliott in time: bad again 2.5 s after a bad instant with chance 0.3244", () => {
  near(badAfter(IN_TIME, true, 2.5), 0.3244, 0.00005);
  const flags = losses(IN_TIME, 2500);
  const afterLoss = flags.filter((_, i) => flags[i - 1]);
  near(share(afterLoss), 0.3244, 4 * Math.sqrt((0.3244 * 0.6756) / afterLoss.length));
});

loss("Gilbert-Elliott in time: long silences forget the state", () => {
  const flags = losses(IN_TIME, 60_000);
  const afterLoss = flags.filter((_, i) => flags[i - 1]);
  near(share(afterLoss), 0.1, 4 * Math.sqrt(0.09 / afterLoss.length));
});

loss("bit errors: a frame of L bytes is lost with 1-(1-ber)^(8L)", () => {
  const model = { kind: "bit-errors", bitErrorRate: 1e-4 } as const;
  const expected = 1 - (1 - 1e-4) ** 800;
  near(meanLoss(model, 100), expected, 1e-12);
  near(share(losses(model)), expected, tolerance(expected));
});

loss("a link without loss loses nothing", () => {
  assert.is(share(losses({ kind: "none" })), 0);
});

loss.run();
