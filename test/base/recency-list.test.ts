import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RecencyList, type Recent } from "../../src/base/recency-list.ts";

class Item implements Recent<Item> {
  older: Item | undefined;
  newer: Item | undefined;
  readonly name: number;

  constructor(name: number) {
    this.name = name;
  }
}

const recencyList = suite("recency-list");

/** The names from the oldest on, and from the newest on backwards, which must be the same. */
function names(list: RecencyList<Item>): number[] {
  const found: number[] = [];
  let last: Item | undefined;
  for (let item = list.oldest; item !== undefined; item = item.newer) {
    assert.is(item.older, last);
    found.push(item.name);
    last = item;
  }
  return found;
}

recencyList("whatever is added, used and removed, the order is that of the last use", () => {
  const step = fc.record({ what: fc.constantFrom("add", "touch", "remove"), which: fc.integer({ min: 0, max: 5 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const items = Array.from({ length: 6 }, (_, i) => new Item(i));
      const list = new RecencyList<Item>();
      let model: number[] = [];
      for (const { what, which } of steps) {
        const inside = model.includes(which);
        if (inside === (what === "add")) continue;
        model = model.filter((name) => name !== which);
        if (what !== "remove") model.push(which);
        list[what as "add" | "touch" | "remove"](items[which]!);
        assert.equal(names(list), model);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

recencyList("what was taken out holds on to no neighbour", () => {
  const [a, b, c] = [new Item(1), new Item(2), new Item(3)];
  const list = new RecencyList<Item>();
  for (const item of [a, b, c]) list.add(item);
  list.remove(b);
  assert.equal([b.older, b.newer], [undefined, undefined]);
  assert.equal([a.newer, c.older], [c, a]);
});

recencyList.run();
