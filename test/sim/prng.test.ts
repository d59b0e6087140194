import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Prng } from "../../sim/prng.ts";
import { toHex } from "../../src/base/bytes.ts";

const prng = suite("prng");

const DRAW_COUNT = 200_000;

function draws(draw: () => number): { mean: number; deviation: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < DRAW_COUNT; i++) {
    const value = draw();
    sum += value;
    squares += value * value;
  }
  const mean = sum / DRAW_COUNT;
  return { mean, deviation: Math.sqrt(squares / DRAW_COUNT - mean * mean) };
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

function words(random: Prng): number[] {
  return Array.from({ length: 8 }, () => random.uint32());
}

prng("the same seed draws the same", () => {
  assert.equal(words(new Prng(42)), words(new Prng(42)));
});

prng("seeds side by side draw differently", () => {
  assert.not.equal(words(new Prng(42)), words(new Prng(43)));
});

prng("what seed 1 draws never changes, so that old seeds keep their meaning", () => {
  const bytes = new Uint8Array(16);
  new Prng(1).fill(bytes);
  assert.is(toHex(bytes), "9e299091277b01c12f52afe305fb717d");
});

prng("a fork does not depend on what its parent drew before", () => {
  const fresh = new Prng(7);
  const used = new Prng(7);
  words(used);
  assert.equal(words(used.fork("link")), words(fresh.fork("link")));
});

prng("a fork does not shift what its parent draws after", () => {
  const forked = new Prng(7);
  words(forked.fork("link"));
  assert.equal(words(forked), words(new Prng(7)));
});

prng("forks of different names, and forks of forks, draw differently", () => {
  const parent = new Prng(7);
  const names = ["up", "down", "pu", ""];
  const firsts = [...names.map((name) => parent.fork(name)), parent.fork("up").fork("up"), parent].map((one) =>
    words(one).join(),
  );
  assert.is(new Set(firsts).size, firsts.length);
});

prng("ten thousand devices' forks begin with ten thousand different words, and with uniform ones", () => {
  const parent = new Prng(7);
  const firsts = Array.from({ length: 10_000 }, (_, i) => parent.fork(`device ${i}`).uint32());
  assert.ok(new Set(firsts).size >= 9_990);
  near(firsts.reduce((sum, word) => sum + word / 2 ** 32, 0) / 10_000, 0.5, 4 * Math.sqrt(1 / 12 / 10_000));
});

prng("fractions are uniform on [0, 1)", () => {
  const random = new Prng(1);
  const { mean, deviation } = draws(() => random.fraction());
  near(mean, 0.5, 0.003);
  near(deviation, Math.sqrt(1 / 12), 0.003);
});

prng("below draws every number and no other", () => {
  const random = new Prng(1);
  const seen = new Set(Array.from({ length: 1000 }, () => random.below(6)));
  assert.equal([...seen].sort(), [0, 1, 2, 3, 4, 5]);
});

prng("normal draws have mean 0 and deviation 1", () => {
  const random = new Prng(2);
  const { mean, deviation } = draws(() => random.normal());
  near(mean, 0, 0.01);
  near(deviation, 1, 0.01);
});

prng("exponential draws have a deviation as large as their mean", () => {
  const random = new Prng(3);
  const { mean, deviation } = draws(() => random.exponential(30));
  near(mean, 30, 0.3);
  near(deviation, 30, 0.4);
});

prng("gamma draws of shape 2 have the mean asked for and its √2-th part as deviation", () => {
  const random = new Prng(4);
  const { mean, deviation } = draws(() => random.gamma(2, 250));
  near(mean, 250, 2.5);
  near(deviation, 250 / Math.SQRT2, 2.5);
});

prng.run();
