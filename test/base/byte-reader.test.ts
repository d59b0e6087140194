import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ByteReader } from "../../src/base/byte-reader.ts";

const byteReader = suite("byte-reader");

byteReader("fields of every width are read big-endian, one after the other", () => {
  const reader = new ByteReader(Uint8Array.from({ length: 16 }, (_, i) => i + 1));
  assert.is(reader.uint8(), 0x01);
  assert.is(reader.uint16(), 0x0203);
  assert.is(reader.uint24(), 0x040506);
  assert.is(reader.uint32(), 0x0708090a);
  assert.is(reader.uint48(), 0x0b0c0d0e0f10);
  assert.ok(reader.atEnd);
});

byteReader("RFC 6347 4.1: the largest 48-bit sequence number is read exactly", () => {
  assert.is(new ByteReader(new Uint8Array(6).fill(0xff)).uint48(), 2 ** 48 - 1);
});

byteReader("32 bits with the highest one set stay positive", () => {
  assert.is(new ByteReader(Uint8Array.of(0x80, 0, 0, 0)).uint32(), 2 ** 31);
});

byteReader("RFC 5246 4.3: a vector is its length and then that many bytes", () => {
  const reader = new ByteReader(Uint8Array.of(2, 0xaa, 0xbb, 0, 1, 0xcc));
  assert.equal(reader.vector8(), Uint8Array.of(0xaa, 0xbb));
  assert.equal(reader.vector16(), Uint8Array.of(0xcc));
  assert.ok(reader.atEnd);
});

byteReader("a vector that promises more than there is sets overrun and gives nothing", () => {
  const reader = new ByteReader(Uint8Array.of(3, 0xaa, 0xbb));
  assert.is(reader.vector8().length, 0);
  assert.ok(reader.overrun);
});

byteReader("what is taken is a view, not a copy", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const view = new ByteReader(bytes).take(2);
  bytes[0] = 9;
  assert.is(view[0], 9);
});

byteReader("a view of a larger buffer is never read past its own end", () => {
  const view = Uint8Array.of(1, 2, 3, 4).subarray(0, 2);
  const reader = new ByteReader(view);
  assert.is(reader.uint24(), 0);
  assert.ok(reader.overrun);
});

byteReader("an overrun is for good: what would still fit is not read either", () => {
  const reader = new ByteReader(Uint8Array.of(1, 2, 3));
  reader.uint32();
  assert.is(reader.uint8(), 0);
  assert.is(reader.take(1).length, 0);
  assert.is(reader.offset, 0);
  assert.ok(reader.overrun);
});

byteReader("after an overrun the end is not reached, even when nothing remains", () => {
  const reader = new ByteReader(Uint8Array.of(1));
  reader.uint8();
  reader.uint8();
  assert.is(reader.remaining, 0);
  assert.not(reader.atEnd);
});

byteReader("taking nothing at the end is no overrun", () => {
  const reader = new ByteReader(Uint8Array.of(1), 1);
  assert.is(reader.take(0).length, 0);
  assert.ok(reader.atEnd);
});

byteReader("every truncation of a record's fields sets overrun, and the whole does not", () => {
  for (let length = 0; length <= 13; length++) {
    const reader = new ByteReader(new Uint8Array(length));
    reader.uint8();
    reader.uint16();
    reader.uint16();
    reader.uint48();
    reader.uint16();
    assert.is(reader.overrun, length < 13, `length ${length}`);
  }
});

byteReader.run();
