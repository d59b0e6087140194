import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type RandomSource, randomBytes, randomFraction, randomUint16 } from "../../src/base/random-source.ts";

/** A source that gives these bytes, over and over. */
function sourceOf(...octets: readonly number[]): RandomSource {
  return {
    fill: (target) =>
      target.forEach((_, i) => {
        target[i] = octets[i % octets.length]!;
      }),
  };
}

const randomSource = suite("random-source");

randomSource("bytes are the source's own, as many as were asked for", () => {
  assert.equal(randomBytes(sourceOf(1, 2, 3), 5), Uint8Array.of(1, 2, 3, 1, 2));
});

randomSource("a 16-bit number uses both bytes, from 0 to 65,535", () => {
  assert.is(randomUint16(sourceOf(0x12, 0x34)), 0x1234);
  assert.is(randomUint16(sourceOf(0)), 0);
  assert.is(randomUint16(sourceOf(0xff)), 65_535);
});

randomSource("a fraction begins at 0", () => {
  assert.is(randomFraction(sourceOf(0)), 0);
});

randomSource("a fraction stays below 1 and is never negative", () => {
  assert.is(randomFraction(sourceOf(0xff)), 1 - 2 ** -32);
  assert.is(randomFraction(sourceOf(0x80, 0, 0, 0)), 0.5);
});

randomSource.run();
