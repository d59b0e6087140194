import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Fifo } from "../../src/base/fifo.ts";

const fifo = suite("fifo");

fifo("any order of pushing and shifting is that of an array", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat()), { maxLength: 1_000 }), (steps) => {
      const queue = new Fifo<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === null) assert.is(queue.shift(), model.shift());
        else {
          queue.push(step);
          model.push(step);
        }
        assert.is(queue.size, model.length);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

fifo("a long queue comes out in order, and the queue serves on", () => {
  const queue = new Fifo<number>();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 10_000; i++) queue.push(i);
    for (let i = 0; i < 10_000; i++) assert.is(queue.shift(), i);
    assert.is(queue.shift(), undefined);
  }
});

fifo.run();
