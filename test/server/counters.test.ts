import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Counters } from "../../src/server/counters.ts";

const counters = suite("counters");

counters("each name is counted for itself, and a name that never happened is absent", () => {
  const counts = new Counters();
  for (const name of ["ping", "badOption", "ping"]) counts.add(name);
  assert.equal(counts.snapshot(), { badOption: 1, ping: 2 });
});

counters("a snapshot is in alphabetical order", () => {
  const counts = new Counters();
  for (const name of ["ping", "badOption", "notAcceptable"]) counts.add(name);
  assert.equal(Object.keys(counts.snapshot()), ["badOption", "notAcceptable", "ping"]);
});

counters("a snapshot does not change afterwards", () => {
  const counts = new Counters();
  const before = counts.snapshot();
  counts.add("ping");
  assert.equal(before, {});
});

counters.run();
