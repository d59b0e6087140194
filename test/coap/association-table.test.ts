import { suite } from "uvu";
import * as assert from "uvu/assert";
import { instant } from "../../src/base/instant.ts";
import { AssociationTable } from "../../src/coap/association-table.ts";
import { ENTRY_OVERHEAD_LENGTH, EXPIRY_SLACK_MS } from "../../src/coap/parameters.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const table = suite("association-table");

const START = instant(0);

function tableOf(countMax: number, lengthMax: number): AssociationTable<string, number, string> {
  return new AssociationTable({ countMax, lengthMax, lifetimeMs: 100 });
}

table("an entry is found until its lifetime is over, and looking does not extend it", () => {
  const entries = tableOf(4, 10_000);
  entries.set(START, "a", 1, "one", 10);
  assert.is(entries.find(instant(99), "a", 1), "one");
  assert.is(entries.find(instant(100), "a", 1), undefined);
});

table("setting again replaces the value and begins a new lifetime", () => {
  const entries = tableOf(4, 10_000);
  entries.set(START, "a", 1, "one", 10);
  entries.set(instant(50), "a", 1, "two", 20);
  assert.is(entries.find(instant(149), "a", 1), "two");
  assert.is(entries.length, 20 + ENTRY_OVERHEAD_LENGTH);
});

table("countMax of one association: the oldest of its own leaves, others stay", () => {
  const entries = tableOf(2, 10_000);
  entries.set(START, "b", 9, "b", 0);
  for (const key of [1, 2, 3]) entries.set(START, "a", key, "a", 0);
  assert.equal(
    [1, 2, 3].map((key) => entries.find(START, "a", key)),
    [undefined, "a", "a"],
  );
  assert.is(entries.find(START, "b", 9), "b");
});

table("countMax 1 keeps the newest", () => {
  const entries = tableOf(1, 10_000);
  for (const key of [1, 2]) entries.set(START, "a", key, "a", 0);
  assert.equal([entries.find(START, "a", 1), entries.find(START, "a", 2)], [undefined, "a"]);
});

table("lengthMax over all associations: the oldest of all leave, as many as it takes", () => {
  const entries = tableOf(4, 3 * ENTRY_OVERHEAD_LENGTH + 30);
  for (const name of ["a", "b", "c"]) entries.set(START, name, 1, name, 10);
  entries.set(START, "d", 1, "d", 11 + ENTRY_OVERHEAD_LENGTH);
  assert.equal(
    ["a", "b", "c", "d"].map((name) => entries.countOf(name)),
    [0, 0, 1, 1],
  );
});

table("an entry longer than lengthMax is not kept, and drives out nothing", () => {
  const entries = tableOf(4, ENTRY_OVERHEAD_LENGTH + 30);
  entries.set(START, "a", 1, "a", 10);
  entries.set(START, "b", 1, "b", 31);
  assert.equal([entries.find(START, "a", 1), entries.find(START, "b", 1)], ["a", undefined]);
});

table("an association without entries leaves no trace", () => {
  const entries = tableOf(4, 10_000);
  entries.set(START, "a", 1, "a", 0);
  entries.set(START, "b", 1, "b", 0);
  entries.forget("a");
  entries.delete("b", 1);
  assert.equal([entries.associationCount, entries.length, entries.pollTimeout()], [0, 0, undefined]);
});

table("expired entries go when the deadline comes, which lies behind the first expiry", () => {
  const entries = tableOf(4, 10_000);
  entries.set(START, "a", 1, "a", 0);
  entries.set(instant(50), "b", 1, "b", 0);
  assert.is(entries.pollTimeout(), 100 + EXPIRY_SLACK_MS);
  entries.handleTimeout(entries.pollTimeout()!);
  assert.is(entries.associationCount, 0);
});

table("any sequence of calls keeps to both limits and to its own account of bytes", () => {
  const random = new SeededRandom(7);
  const entries = tableOf(3, 10 * ENTRY_OVERHEAD_LENGTH);
  for (let step = 0; step < 5_000; step++) {
    const [name, key, now] = [`${random.below(6)}`, random.below(5), instant(step)];
    const action = random.below(10);
    if (action === 0) entries.forget(name);
    else if (action === 1) entries.delete(name, key);
    else entries.set(now, name, key, "v", random.below(900));
    assert.ok(entries.length <= 10 * ENTRY_OVERHEAD_LENGTH);
    assert.ok(entries.countOf(name) <= 3);
  }
  entries.handleTimeout(instant(5_100));
  assert.equal([entries.length, entries.associationCount], [0, 0]);
});

table.run();
