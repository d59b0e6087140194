import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DeadlineQueue } from "../../src/base/deadline-queue.ts";
import { instant } from "../../src/base/instant.ts";

const SEED = 6298;

const deadlineQueue = suite("deadline-queue");

// Few things and few instants, so that replaced and equal deadlines are common.
const thing = fc.integer({ min: 0, max: 15 });
const time = fc.integer({ min: 0, max: 20 });
const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), thing, time }),
  fc.record({ kind: fc.constant("delete" as const), thing }),
  fc.record({ kind: fc.constant("takeDue" as const), time }),
);

deadlineQueue("any sequence of calls answers as a plain map of deadlines would", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new DeadlineQueue<number>();
      const model = new Map<number, number>();
      for (const each of steps) {
        if (each.kind === "set") {
          queue.set(each.thing, instant(each.time));
          model.set(each.thing, each.time);
        } else if (each.kind === "delete") {
          queue.delete(each.thing);
          model.delete(each.thing);
        } else {
          takeDueLikeModel(queue, model, each.time);
        }
        assert.is(queue.size, model.size);
        assert.is(queue.earliest, model.size === 0 ? undefined : Math.min(...model.values()));
        for (let i = 0; i < 16; i++) assert.is(queue.deadlineOf(i), model.get(i));
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

/** Of several things due at one instant any may come first, so the model follows what the queue gave. */
function takeDueLikeModel(queue: DeadlineQueue<number>, model: Map<number, number>, now: number): void {
  const earliest = Math.min(...model.values());
  const taken = queue.takeDue(instant(now));
  assert.is(taken !== undefined, earliest <= now);
  if (taken === undefined) return;
  assert.is(model.get(taken), earliest);
  model.delete(taken);
}

deadlineQueue("things come out in the order of their deadlines", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(), { maxLength: 300 }), (deadlines) => {
      const queue = new DeadlineQueue<number>();
      for (const deadline of deadlines) queue.set(deadline, instant(deadline));
      const taken = deadlines.map(() => queue.takeDue(instant(Number.MAX_SAFE_INTEGER)));
      assert.equal(
        taken,
        deadlines.toSorted((a, b) => a - b),
      );
    }),
    { seed: SEED },
  );
});

deadlineQueue("a deadline is due at its own instant and not before", () => {
  const queue = new DeadlineQueue<string>();
  queue.set("flight", instant(1000));
  assert.is(queue.takeDue(instant(999.9)), undefined);
  assert.is(queue.takeDue(instant(1000)), "flight");
  assert.is(queue.takeDue(instant(1000)), undefined);
});

deadlineQueue("a thing that is set again has only its new deadline", () => {
  const queue = new DeadlineQueue<string>();
  queue.set("flight", instant(1000));
  queue.set("flight", instant(3000));
  assert.is(queue.takeDue(instant(2000)), undefined);
  assert.is(queue.size, 1);
});

deadlineQueue("deleting what has no deadline does nothing", () => {
  const queue = new DeadlineQueue<string>();
  queue.set("flight", instant(1000));
  queue.delete("unknown");
  assert.is(queue.earliest, 1000);
});

deadlineQueue.run();
