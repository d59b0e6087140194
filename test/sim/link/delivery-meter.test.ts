import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DeliveryMeter } from "../../../sim/link/delivery-meter.ts";
import { instant } from "../../../src/base/instant.ts";

const meter = suite("delivery-meter");

function near(actual: number | undefined, expected: number, share: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= share * expected, `${actual}, not ${expected}`);
}

meter("before the first delivery there is nothing to tell", () => {
  assert.equal(new DeliveryMeter().figures, { deliveredCount: 0, delayMs: undefined, bitsPerSecond: undefined });
});

meter("mean, median and 95th percentile of delays of 1 to 100 ms, to a thousandth", () => {
  const one = new DeliveryMeter();
  for (let ms = 1; ms <= 100; ms++) one.record(instant(1000 + ms), instant(1000), 10);
  const { delayMs } = one.figures;
  near(delayMs?.mean, 50.5, 0.001);
  near(delayMs?.p50, 50, 0.001);
  near(delayMs?.p95, 95, 0.001);
});

meter("the rate counts from the first delivery to the last: 100 bytes each 10 ms are 80 kbit/s", () => {
  const one = new DeliveryMeter();
  for (let i = 0; i < 3; i++) one.record(instant(500 + 10 * i), instant(0), 100);
  assert.is(one.figures.bitsPerSecond, 80_000);
});

meter("one delivery, or several at one instant, have no rate", () => {
  const one = new DeliveryMeter();
  one.record(instant(5), instant(0), 100);
  one.record(instant(5), instant(0), 100);
  assert.is(one.figures.bitsPerSecond, undefined);
});

meter("a delay of nothing and one of two years are kept as the least and the most that it knows", () => {
  const one = new DeliveryMeter();
  one.record(instant(5), instant(5), 1);
  one.record(instant(2 * 31_536_000_000), instant(0), 1);
  assert.is(one.figures.deliveredCount, 2);
  near(one.figures.delayMs?.p95, 31_536_000_000, 0.001);
});

meter.run();
