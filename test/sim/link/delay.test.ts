import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type DelayModel, drawDelay, meanDelay } from "../../../sim/link/delay.ts";
import { Prng } from "../../../sim/prng.ts";

const delay = suite("delay");

const DRAW_COUNT = 100_000;

function drawn(model: DelayModel): { mean: number; deviation: number; least: number; most: number } {
  const random = new Prng(3);
  const values = Array.from({ length: DRAW_COUNT }, () => drawDelay(model, random));
  const mean = values.reduce((sum, value) => sum + value, 0) / DRAW_COUNT;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAW_COUNT;
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  return { mean, deviation: Math.sqrt(variance), least, most };
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

delay("netem `delay 100ms`: always the same", () => {
  const { least, most } = drawn({ kind: "fixed", ms: 100 });
  assert.equal([least, most], [100, 100]);
});

delay("netem `delay 100ms 20ms`: uniform from 80 to 120, deviation 11.547", () => {
  const { mean, deviation, least, most } = drawn({ kind: "uniform", minMs: 80, maxMs: 120 });
  near(mean, 100, 0.15);
  near(deviation, 11.547, 0.1);
  assert.ok(least >= 80 && most < 120);
});

delay("netem `delay 100ms 20ms distribution normal`: deviation 20", () => {
  const { mean, deviation } = drawn({ kind: "normal", meanMs: 100, deviationMs: 20 });
  near(mean, 100, 0.3);
  near(deviation, 20, 0.2);
});

delay("a normal delay is never below 0", () => {
  assert.is(drawn({ kind: "normal", meanMs: 1, deviationMs: 20 }).least, 0);
});

delay("a gamma delay has its floor, and its mean above it", () => {
  const model = { kind: "gamma", floorMs: 200, shape: 2, meanMs: 250 } as const;
  const { mean, least } = drawn(model);
  assert.is(meanDelay(model), 450);
  near(mean, 450, 3);
  assert.ok(least >= 200 && least < 210);
});

delay.run();
