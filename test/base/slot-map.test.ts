import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SlotMap } from "../../src/base/slot-map.ts";

const SEED = 1024;

const slotMap = suite("slot-map");

const key = fc.integer({ min: 0, max: 7 });
const step = fc.record({ kind: fc.constantFrom("set" as const, "delete" as const), key });

slotMap("any sequence of calls answers as a plain Map would", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const map = new SlotMap<number, object>();
      const model = new Map<number, object>();
      for (const each of steps) {
        const value = {};
        if (each.kind === "set") {
          map.set(each.key, value);
          model.set(each.key, value);
        } else {
          map.delete(each.key);
          model.delete(each.key);
        }
        assert.is(map.size, model.size);
        for (let i = 0; i < 8; i++) assert.is(map.get(i), model.get(i));
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

slotMap.run();
