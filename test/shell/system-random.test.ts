import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { randomBytes } from "../../src/base/random-source.ts";
import { SystemRandom } from "../../src/shell/system-random.ts";

const test = suite("system-random");

test("ten thousand nonces, through many pools: none comes twice", () => {
  const random = new SystemRandom();
  const seen = new Set(Array.from({ length: 10_000 }, () => toHex(randomBytes(random, 12))));
  assert.is(seen.size, 10_000);
});

test("a request larger than the pool is filled to its last byte", () => {
  const bytes = randomBytes(new SystemRandom(), 100_000);
  assert.ok(bytes.subarray(-32).some((byte) => byte !== 0));
  const ones = bytes.filter((byte) => byte & 1).length;
  assert.ok(ones > 48_000 && ones < 52_000, `${ones} odd bytes of 100,000`);
});

test("two sources share nothing", () => {
  const [a, b] = [new SystemRandom(), new SystemRandom()];
  assert.is.not(toHex(randomBytes(a, 16)), toHex(randomBytes(b, 16)));
});

test.run();
