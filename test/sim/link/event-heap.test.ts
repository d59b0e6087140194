import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventHeap } from "../../../sim/link/event-heap.ts";
import { instant } from "../../../src/base/instant.ts";

const eventHeap = suite("event-heap");

eventHeap("events come out by time, those of one instant in the order in which they went in", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 300 }), (times) => {
      const heap = new EventHeap<number>();
      times.forEach((time, index) => {
        heap.push(instant(time), index);
      });
      const taken = times.map(() => heap.takeDue(instant(20))!.event);
      // Array.sort is stable.
      assert.equal(
        taken,
        times.map((_, index) => index).sort((a, b) => times[a]! - times[b]!),
      );
      assert.is(heap.size, 0);
    }),
    { seed: 1 },
  );
});

eventHeap("an event is due at its own instant and not before", () => {
  const heap = new EventHeap<string>();
  heap.push(instant(5), "delivery");
  assert.is(heap.earliest, 5);
  assert.is(heap.takeDue(instant(4.999)), undefined);
  assert.equal(heap.takeDue(instant(7))?.at, 5);
  assert.is(heap.earliest, undefined);
});

eventHeap.run();
