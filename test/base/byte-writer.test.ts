import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ByteReader } from "../../src/base/byte-reader.ts";
import { ByteWriter } from "../../src/base/byte-writer.ts";

const SEED = 7252;

const WIDTHS = { uint8: 1, uint16: 2, uint24: 3, uint32: 4, uint48: 6 } as const;
type Width = keyof typeof WIDTHS;
const widths = Object.keys(WIDTHS) as Width[];

const byteWriter = suite("byte-writer");

const integerField = fc
  .constantFrom(...widths)
  .chain((kind) => fc.record({ kind: fc.constant(kind), value: fc.maxSafeNat().map((n) => n % 256 ** WIDTHS[kind]) }));
const vectorField = fc.record({
  kind: fc.constantFrom("vector8" as const, "vector16" as const),
  value: fc.uint8Array({ maxLength: 255 }),
});

byteWriter("whatever fields are written are read back, and nothing is left over", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(integerField, vectorField), { maxLength: 40 }), (fields) => {
      const writer = new ByteWriter();
      for (const field of fields) {
        if (typeof field.value === "number") writer[field.kind as Width](field.value);
        else writer[field.kind as "vector8" | "vector16"](field.value);
      }
      const reader = new ByteReader(writer.finish());
      for (const field of fields) assert.equal(reader[field.kind](), field.value);
      assert.ok(reader.atEnd);
    }),
    { seed: SEED },
  );
});

byteWriter("fields are written big-endian", () => {
  const written = new ByteWriter().uint8(0x01).uint16(0x0203).uint24(0x040506).uint48(0x0708090a0b0c).finish();
  assert.equal(
    written,
    Uint8Array.from({ length: 12 }, (_, i) => i + 1),
  );
});

for (const width of widths) {
  byteWriter(`${width} takes its largest value`, () => {
    const written = new ByteWriter()[width](256 ** WIDTHS[width] - 1).finish();
    assert.equal(written, new Uint8Array(WIDTHS[width]).fill(0xff));
  });

  byteWriter(`${width} refuses what does not fit`, () => {
    for (const value of [256 ** WIDTHS[width], -1, 0.5, Number.NaN]) {
      assert.throws(() => new ByteWriter()[width](value), /does not fit/);
    }
  });
}

byteWriter("the buffer grows to its maximum and keeps what was written before", () => {
  const writer = new ByteWriter(1000);
  for (let i = 0; i < 1000; i++) writer.uint8(i % 251);
  assert.equal(
    writer.finish(),
    Uint8Array.from({ length: 1000 }, (_, i) => i % 251),
  );
});

byteWriter("one byte beyond the maximum is our own mistake", () => {
  const writer = new ByteWriter(300).put(new Uint8Array(300));
  assert.throws(() => writer.uint8(0), /more than 300 bytes/);
});

byteWriter("a vector of 256 bytes does not fit a length of one byte", () => {
  assert.throws(() => new ByteWriter().vector8(new Uint8Array(256)), /does not fit/);
});

byteWriter("what was finished stays as it was when others write", () => {
  const finished = new ByteWriter().uint8(1).finish();
  new ByteWriter().uint8(2).finish();
  assert.equal(finished, Uint8Array.of(1));
});

byteWriter("writers that are at work at the same time do not meet", () => {
  const outer = new ByteWriter().uint8(1);
  const inner = new ByteWriter().uint8(2);
  outer.uint8(3);
  assert.equal(inner.finish(), Uint8Array.of(2));
  assert.equal(outer.uint8(4).finish(), Uint8Array.of(1, 3, 4));
});

byteWriter("a finished writer that goes on is our own mistake", () => {
  const writer = new ByteWriter().uint8(1);
  writer.finish();
  assert.throws(() => writer.uint8(2), /finished/);
  assert.throws(() => writer.finish(), /finished/);
});

byteWriter.run();
