import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  bytesOfLatin1,
  concat,
  copyOf,
  EMPTY,
  equal,
  fromHex,
  fromUtf8,
  latin1Of,
  toHex,
  toUtf8,
} from "../../src/base/bytes.ts";

const SEED = 3629;

const bytes = suite("bytes");

bytes("bytes written as hex are read back", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (some) => {
      assert.equal(fromHex(toHex(some)), some);
    }),
    { seed: SEED },
  );
});

bytes("hex is lower case with two digits for each byte", () => {
  assert.is(toHex(Uint8Array.of(0x00, 0x0a, 0xff)), "000aff");
});

bytes("hex is read in either case and with white space between the digits", () => {
  assert.equal(fromHex(" fe FD\n01 "), Uint8Array.of(0xfe, 0xfd, 0x01));
});

bytes("hex that is not an even number of hex digits is undefined", () => {
  for (const text of ["a", "abc", "0g", "0x00", "-1", "+1"]) assert.is(fromHex(text), undefined, text);
});

bytes("any text comes back from its UTF-8", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      assert.is(fromUtf8(toUtf8(text)), text);
    }),
    { seed: SEED },
  );
});

bytes("RFC 3629 3: an overlong, a surrogate, a cut and a stray byte are no UTF-8", () => {
  const malformed = [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0x80], [0xff]];
  for (const octets of malformed) assert.is(fromUtf8(Uint8Array.from(octets)), undefined, octets.join(" "));
});

bytes("RFC 3629 6: a byte order mark is a character like any other", () => {
  assert.is(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa");
});

bytes("concat joins its parts in order", () => {
  assert.equal(concat(Uint8Array.of(1), EMPTY, Uint8Array.of(2, 3)), Uint8Array.of(1, 2, 3));
});

bytes("concat of nothing is empty", () => {
  assert.equal(concat(), EMPTY);
});

bytes("a copy of a Buffer's view shares no memory with it", () => {
  const datagram = Buffer.from([1, 2, 3]);
  const copy = copyOf(datagram.subarray(1));
  datagram.fill(0);
  assert.equal(copy, Uint8Array.of(2, 3));
});

bytes("a byte is a character and the other way round, in strings of any length", () => {
  for (const length of [0, 1, 65, 4_096, 300_000]) {
    const all = Uint8Array.from({ length }, (_, i) => i);
    assert.ok(equal(bytesOfLatin1(latin1Of(all)), all), `${length} bytes`);
  }
});

bytes("equality is of length and of every byte", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3, max: 2 }), fc.uint8Array({ maxLength: 3, max: 2 }), (a, b) => {
      assert.is(equal(a, b), toHex(a) === toHex(b));
    }),
    { seed: SEED, numRuns: 500 },
  );
});

bytes.run();
