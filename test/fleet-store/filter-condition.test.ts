import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Device } from "../../src/fleet/device.ts";
import { type Comparison, FIELDS, type Field, type FieldName, type Filter, matches } from "../../src/fleet/filter.ts";
import { devicesOf } from "../../src/fleet-store/device-query.ts";
import { conditionOf } from "../../src/fleet-store/filter-condition.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { BEGIN, checkInOf, FleetScene } from "./scene.ts";

const test = suite("filter-condition");
const scratch = scratchDirectories(test);

const RUNS = 300;
const DEVICES = 60;

/** Few values, so that they meet; some mean something to SQL or to a pattern. */
const TEXTS = ["a", "A", "ab", "a*b", "a?b", "a[b", "%", "_", "'", '"', "idle", "offered", ""];
const texts = fc.constantFrom(...TEXTS);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const small = fc.integer({ min: 0, max: 3 });

const devices = fc.record({
  class: maybe(texts),
  cell: maybe(texts),
  attributes: fc.dictionary(fc.constantFrom("site", "a.b", "x"), texts),
  running: fc.record({
    sequenceNumber: small,
    version: maybe(texts),
    sha256: fc.constant(undefined),
    slot: maybe(small),
  }),
  radioLevel: maybe(small),
  boots: maybe(small),
  uptimeSeconds: maybe(small),
  lastContactAt: small.map((seconds) => BEGIN - 1_000 * seconds),
  report: maybe(fc.record({ state: small, result: small, reason: maybe(texts), at: fc.constant(BEGIN) })),
});

const patterns = fc
  .array(fc.constantFrom("a", "b", "*", "?", "[", "A", "%"), { maxLength: 4 })
  .map((parts) => parts.join(""));
const fields: fc.Arbitrary<Field> = fc.oneof(
  fc.constantFrom(...(Object.keys(FIELDS) as FieldName[])).map((name) => ({ name })),
  fc.constantFrom("site", "a.b", "y").map((tag) => ({ tag })),
);

const comparisons: fc.Arbitrary<Filter> = fields.chain((field) => {
  const type = "tag" in field ? "text" : FIELDS[field.name];
  const compare = (comparison: Comparison, values: fc.Arbitrary<string | number>): fc.Arbitrary<Filter> =>
    values.map((value) => ({ kind: "compare", field, comparison, value }));
  const numbers = type === "duration" ? small.map((seconds) => 1_000 * seconds) : small;
  const ordered = (["=", "!=", "<", "<=", ">", ">="] as const).map((comparison) => compare(comparison, numbers));
  const worded = [compare("=", texts), compare("!=", texts), compare("~", patterns)];
  const value: fc.Arbitrary<string | number> = type === "text" ? texts : numbers;
  const values = fc.array(value, { minLength: 1, maxLength: 3 });
  const among: fc.Arbitrary<Filter> = values.map((some) => ({ kind: "in", field, values: some }));
  return fc.oneof(...(type === "text" ? worded : ordered), among, fc.constant<Filter>({ kind: "has", field }));
});

const { filter: filters } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    comparisons,
    tie("filter").map((of): Filter => ({ kind: "not", of })),
    fc
      .tuple(fc.constantFrom("and" as const, "or" as const), fc.array(tie("filter"), { minLength: 1, maxLength: 3 }))
      .map(([kind, of]): Filter => ({ kind, of })),
  ),
}));

test(`the database means the same devices as the core, by ${RUNS} filters over ${DEVICES} devices`, async () => {
  const scene = await FleetScene.open(scratch());
  const drawn = fc.sample(devices, { numRuns: DEVICES, seed: 7 });
  const all: Device[] = [];
  await scene.takes(...drawn.map((_, i) => checkInOf(`meter-${100 + i}`)));
  const stored = await scene.store.devices.find(drawn.map((_, i) => `meter-${100 + i}`));
  for (const [i, { device, secret }] of [...stored.values()].entries()) {
    const changed = { ...device, ...drawn[i]! };
    all.push(changed);
    await scene.store.devices.write([{ device: changed, secret }]);
  }
  all.sort((a, b) => (a.id < b.id ? -1 : 1));
  await fc.assert(
    fc.asyncProperty(filters, async (filter) => {
      const meant = all.filter((device) => matches(filter, device, BEGIN)).map(({ id }) => id);
      const found = await devicesOf(scene.store.db, { condition: conditionOf(filter, BEGIN) }, "", DEVICES);
      assert.equal(
        found.map(({ id }) => id),
        meant,
      );
    }),
    { numRuns: RUNS, seed: 11 },
  );
  await scene.close();
});

test.run();
