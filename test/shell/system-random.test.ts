import crypto from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { randomBytes } from "../../src/base/random-source.ts";
import { SystemRandom } from "../../src/shell/system-random.ts";
import { watchBuiltin } from "../support/watched-builtin.ts";

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

test("what was given out is in the pool no more, and what was not yet is", () => {
  const pools: Uint8Array[] = [];
  const unwatch = watchBuiltin(crypto, "randomFillSync", (_args, pool) => pools.push(pool as Uint8Array));
  const random = new SystemRandom();
  randomBytes(random, 12);
  randomBytes(random, 32);
  unwatch();
  assert.is(pools.length, 1);
  assert.equal(pools[0]!.subarray(0, 12 + 32), new Uint8Array(12 + 32));
  assert.ok(pools[0]!.subarray(12 + 32).some((byte) => byte !== 0));
});

test.run();
