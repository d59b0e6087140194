// Another library by another author as the judge: what we write it reads as the same, and what it writes we write too.

import { type DecodeOptions, decode, encode, Tag } from "cbor2";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { type CborValue, Tagged } from "../../src/cbor/cbor-value.ts";
import { decodeCbor, decodeForeignCbor } from "../../src/cbor/decode-cbor.ts";
import { encodeCbor } from "../../src/cbor/encode-cbor.ts";

const test = suite("second-library");

const STRICT: DecodeOptions = { cde: true, rejectLongFloats: true, preferMap: true };

function itsForm(value: CborValue): unknown {
  if (value instanceof Tagged) return new Tag(value.tag, itsForm(value.value));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [itsForm(key), itsForm(item)]));
  return Array.isArray(value) ? value.map(itsForm) : value;
}

const integer = fc.oneof(fc.nat(30), fc.maxSafeInteger(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }));
const leaf = fc.oneof(integer, fc.string(), fc.boolean(), fc.constant(null), fc.uint8Array({ maxLength: 40 }));
const key = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.string({ maxLength: 5 }));

const { value: anyValue } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }).map((entries) => new Map(entries)),
    fc.tuple(fc.constantFrom(16, 17, 18, 96, 107), tie("value")).map(([tag, value]) => new Tagged(tag, value)),
  ),
}));

test("what we write is byte for byte what the second library writes in its deterministic mode", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      assert.is(toHex(encodeCbor(value)), toHex(encode(itsForm(value), { cde: true })));
    }),
    { seed: 11, numRuns: 300 },
  );
});

test("what we write we read, as it was", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const decoded = decodeCbor(encodeCbor(value));
      assert.ok(decoded.ok);
      assert.is(toHex(encodeCbor(decoded.value)), toHex(encodeCbor(value)));
      assert.ok(decodeForeignCbor(encodeCbor(value)).ok);
    }),
    { seed: 11, numRuns: 300 },
  );
});

test("of bytes with one changed, we read none as ours that the second library refuses in its deterministic mode", () => {
  let readAndRefused = [0, 0];
  fc.assert(
    fc.property(anyValue, fc.nat(), fc.nat(255), (value, at, byte) => {
      const bytes = encodeCbor(value);
      bytes[at % bytes.length] = byte;
      const [read = 0, refused = 0] = readAndRefused;
      const isRead = decodeCbor(bytes).ok;
      readAndRefused = isRead ? [read + 1, refused] : [read, refused + 1];
      if (isRead) assert.not.throws(() => decode(bytes, STRICT));
    }),
    { seed: 11, numRuns: 1000 },
  );
  assert.ok(Math.min(...readAndRefused) > 100, `${readAndRefused}`);
});

test.run();
