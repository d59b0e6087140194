import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addMs } from "../../src/base/instant.ts";
import { DeadlineTimer } from "../../src/shell/deadline-timer.ts";
import { systemNow } from "../../src/shell/system-clock.ts";

const test = suite("deadline-timer");

const DAY_MS = 86_400_000;

/** A timer that counts, and a promise of its first call. */
function counting(): { timer: DeadlineTimer; fired: Promise<void>; count: () => number } {
  let count = 0;
  let resolve = () => {};
  const fired = new Promise<void>((done) => {
    resolve = done;
  });
  const timer = new DeadlineTimer(() => {
    count++;
    resolve();
  });
  return { timer, fired, count: () => count };
}

test("a deadline in the past fires soon", async () => {
  const { timer, fired } = counting();
  timer.arm(addMs(systemNow(), -DAY_MS));
  await fired;
});

test("a deadline of 2^31 ms and more does not fire at once, as Node's own timer would", async () => {
  const { timer, count } = counting();
  timer.arm(addMs(systemNow(), 60 * DAY_MS));
  await sleep(30);
  assert.is(count(), 0);
  timer.stop();
});

test("an earlier deadline takes the place of a later one", async () => {
  const { timer, fired } = counting();
  timer.arm(addMs(systemNow(), DAY_MS));
  timer.arm(addMs(systemNow(), 1));
  await fired;
});

test("a later deadline, or none, leaves the timer: the core ignores the early call", async () => {
  const { timer, fired, count } = counting();
  timer.arm(addMs(systemNow(), 1));
  timer.arm(addMs(systemNow(), DAY_MS));
  timer.arm(undefined);
  await fired;
  assert.is(count(), 1);
  timer.stop();
});

test("after it has fired it can be armed again", async () => {
  const { timer, fired, count } = counting();
  timer.arm(systemNow());
  await fired;
  timer.arm(systemNow());
  await sleep(30);
  assert.is(count(), 2);
});

test("stopped, it fires no more", async () => {
  const { timer, count } = counting();
  timer.arm(systemNow());
  timer.stop();
  await sleep(30);
  assert.is(count(), 0);
});

test.run();
