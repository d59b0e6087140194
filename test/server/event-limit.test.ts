import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CAUSES_MAX, EVENTS_PER_CAUSE_MAX, EventLimit } from "../../src/server/event-limit.ts";

const test = suite("event-limit");

const damaged = (path: string) => ({ kind: "imageDamaged", path, reason: "contentDiffers" }) as const;

test("the first few of a cause are told, and the rest of a minute are one sum", () => {
  const limit = new EventLimit();
  const told = Array.from({ length: 1000 }, () => limit.admits(damaged("/fw/a/1"))).filter(Boolean);
  assert.is(told.length, EVENTS_PER_CAUSE_MAX);
  const count = 1000 - EVENTS_PER_CAUSE_MAX;
  assert.equal(limit.takeRepeated(), [{ kind: "repeated", of: "imageDamaged", reason: "/fw/a/1", count }]);
});

test("another cause, and the next minute, are told anew", () => {
  const limit = new EventLimit();
  for (let i = 0; i < 100; i++) limit.admits(damaged("/fw/a/1"));
  assert.ok(limit.admits(damaged("/fw/a/2")));
  limit.takeRepeated();
  assert.ok(limit.admits(damaged("/fw/a/1")));
  limit.takeRepeated();
  assert.equal(limit.takeRepeated(), []);
});

test("causes without end fill nothing: beyond the maximum all are one, and none is lost", () => {
  const limit = new EventLimit();
  const total = 10_000;
  let told = 0;
  for (let i = 0; i < total; i++) if (limit.admits(damaged(`/fw/a/${i}`))) told++;
  assert.is(limit.size, CAUSES_MAX + 1);
  const [others, ...more] = limit.takeRepeated();
  assert.equal([others?.reason, more.length], ["others", 0]);
  assert.is(told + others!.count, total);
});

test.run();
