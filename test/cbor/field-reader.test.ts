import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CborValue } from "../../src/cbor/cbor-value.ts";
import { FieldReader } from "../../src/cbor/field-reader.ts";

const test = suite("field-reader");

function reading(...entries: readonly (readonly [CborValue, CborValue])[]): FieldReader {
  return FieldReader.ofMap("ticket", new Map(entries));
}

test("fields of each type are read", () => {
  const fields = reading([1, 7], [2, "x"], [3, Uint8Array.of(1)], [4, [1]], [5, new Map([[1, 2]])], [6, true], [7, -3]);
  assert.is(fields.unsigned(1), 7);
  assert.is(fields.text(2, { max: 1 }), "x");
  assert.equal(fields.bytes(3, { min: 1, max: 1 }), Uint8Array.of(1));
  assert.equal(fields.array(4, { max: 1 }), [1]);
  assert.equal(fields.map(5, { max: 1 }), new Map([[1, 2]]));
  assert.is(fields.boolean(6), true);
  assert.is(fields.integer(7), -3);
  assert.equal(fields.finishKnown("all"), { ok: true, value: "all" });
});

test("what is missing gives a value of its type, and one fault, the first", () => {
  const fields = reading();
  assert.is(fields.unsigned(1), 0);
  assert.is(fields.text(2, { max: 9 }), "");
  assert.equal(fields.finish(0), { ok: false, error: { reason: "ticket has nothing as 1" } });
});

test("what is optional and missing is no fault", () => {
  const fields = reading();
  assert.is(fields.optionalUnsigned(1), undefined);
  assert.is(fields.optionalBytes(1, { max: 1 }), undefined);
  assert.is(fields.optionalText(1, { max: 1 }), undefined);
  assert.is(fields.optionalArray(1, { max: 1 }), undefined);
  assert.is(fields.optionalMap(1, { max: 1 }), undefined);
  assert.is(fields.optionalBoolean(1), undefined);
  assert.is(fields.fault, undefined);
});

for (const [value, read, reason] of [
  ["7", (it: FieldReader) => it.unsigned(1), "no integer from 0 to 9007199254740991 as 1"],
  [-1, (it: FieldReader) => it.optionalUnsigned(1), "no integer from 0 to 9007199254740991 as 1"],
  [1.5, (it: FieldReader) => it.unsigned(1), "no integer"],
  [2n ** 60n, (it: FieldReader) => it.unsigned(1), "no integer"],
  [9, (it: FieldReader) => it.unsigned(1, { max: 8 }), "no integer from 0 to 8 as 1"],
  [1, (it: FieldReader) => it.bytes(1, { max: 8 }), "no byte string of length 0 to 8 as 1"],
  [new Uint8Array(9), (it: FieldReader) => it.bytes(1, { max: 8 }), "no byte string of length 0 to 8 as 1"],
  [new Uint8Array(9), (it: FieldReader) => it.optionalBytes(1, { min: 8, max: 8 }), "no byte string of length 8 as 1"],
  ["abc", (it: FieldReader) => it.text(1, { max: 2 }), "no text of length 0 to 2 as 1"],
  [[1, 2], (it: FieldReader) => it.array(1, { max: 1 }), "no array of length 0 to 1 as 1"],
  [new Map(), (it: FieldReader) => it.map(1, { min: 1, max: 2 }), "no map of length 1 to 2 as 1"],
  [0, (it: FieldReader) => it.boolean(1), "no boolean as 1"],
] as const) {
  test(`${JSON.stringify(String(value))} where ${reason} is allowed is a fault`, () => {
    const fields = reading([1, value]);
    read(fields);
    assert.ok(fields.fault?.reason.includes(reason), fields.fault?.reason);
  });
}

test("a key that nobody read is a fault where it has to be known, and nowhere else", () => {
  const fields = reading([1, 1], [9, 1]);
  fields.unsigned(1);
  assert.ok(fields.finish(0).ok);
  assert.equal(fields.finishKnown(0), { ok: false, error: { reason: "ticket has an unknown key 9" } });
});

test("an array's elements are its fields, and its length has bounds", () => {
  const fields = FieldReader.ofArray("proof", ["a", 2], { min: 2, max: 2 });
  assert.is(fields.text(0, { max: 1 }), "a");
  assert.is(fields.unsigned(1), 2);
  assert.ok(fields.finishKnown(0).ok);
  assert.is(FieldReader.ofArray("proof", [1], { min: 2, max: 2 }).fault?.reason, "proof has 1 elements");
  assert.is(FieldReader.ofArray("proof", 1, { max: 2 }).fault?.reason, "proof is no array");
  assert.is(FieldReader.ofMap("proof", [1]).fault?.reason, "proof is no map");
});

test.run();
