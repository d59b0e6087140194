import { suite } from "uvu";
import * as assert from "uvu/assert";
import { floodAbsence } from "../../bench/load/flood.ts";
import { measuredRows, quickBench } from "./bench-output.ts";

const floods = suite("floods");

function figuresOf(scenes: string): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const rows = measuredRows(quickBench(scenes));
  return new Map(
    rows.map(({ id, figures }) => [id, new Map(figures.map(({ name, spread }) => [name, spread.median]))]),
  );
}

if (floodAbsence() === undefined) {
  for (const kinds of [
    ["hellos", "half-open", "wrong-keys", "random"],
    ["forged", "replayed", "plain-gets", "unknown-paths"],
  ]) {
    floods(`${kinds.join(", ")}: blocks beside the flood and beside the same flood elsewhere`, () => {
      const rows = figuresOf(kinds.map((kind) => `floods.${kind}`).join(","));
      assert.is(rows.size, 2 * kinds.length);
      for (const [id, figures] of rows) {
        assert.ok(figures.get("blocks per second")! > 0, id);
        assert.ok(figures.get("flood a second")! > 0, id);
        assert.ok(figures.has("kernel drops a second"), id);
      }
    });
  }

  floods("link-queries: blocks beside the queries, the peak of memory, and what payloads leave", () => {
    const rows = figuresOf("link-queries");
    assert.ok(rows.get("link-queries.narrowboat")!.get("peak resident MB")! > 0);
    assert.ok(rows.get("link-queries.payloads.narrowboat")!.get("memory in use, of that before")! > 0);
  });
} else {
  floods("without a C compiler each scene says so in its row", () => {
    for (const { skipped } of measuredRows(quickBench("floods.hellos"))) assert.is(skipped, floodAbsence());
  });
}

floods("one-address: blocks of devices that share an address", () => {
  const rows = figuresOf("one-address");
  for (const id of ["one-address.narrowboat.own", "one-address.narrowboat"]) {
    assert.ok(rows.get(id)!.get("blocks per second")! > 0, id);
  }
});

floods.run();
