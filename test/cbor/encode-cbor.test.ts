import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { type CborValue, Tagged } from "../../src/cbor/cbor-value.ts";
import { decodeForeignCbor } from "../../src/cbor/decode-cbor.ts";
import { encodeCbor } from "../../src/cbor/encode-cbor.ts";

const test = suite("encode-cbor");

const KEYS: readonly CborValue[] = [24, 1000, -1, -25, fromHex("09")!, "b", "aa"];

test("RFC 8949 4.2.1: keys are in the order of their bytes, in whatever order the map was built", () => {
  for (let turn = 0; turn < KEYS.length; turn++) {
    const keys = [...KEYS.slice(turn), ...KEYS.slice(0, turn)];
    const encoded = encodeCbor(new Map(keys.map((key) => [key, 0])));
    assert.is(toHex(encoded), "a71818001903e800200038180041090061620062616100");
  }
});

test("arrays and maps may be keys, as in the texts of a SUIT manifest", () => {
  const map = new Map<CborValue, CborValue>([
    [[fromHex("01")!], new Map([[2, "b"]])],
    [[fromHex("00")!], "a"],
    [4, true],
  ]);
  assert.is(toHex(encodeCbor(map)), "a304f58141006161814101a1026162");
});

test("maps inside of arrays and of tags are in order too", () => {
  const map = new Map([
    [2, 0],
    [1, 0],
  ]);
  assert.is(toHex(encodeCbor([map, new Tagged(18, [map])])), "82a201000200d281a201000200");
});

test("a Buffer is written as the byte string that it is", () => {
  assert.is(toHex(encodeCbor(Buffer.from("aabb", "hex"))), "42aabb");
});

for (const [value, hex] of [
  [0, "00"],
  [23, "17"],
  [24, "1818"],
  [2 ** 32, "1b0000000100000000"],
  [2n ** 64n - 1n, "1bffffffffffffffff"],
  [-1, "20"],
  [1.5, "f93e00"],
  ["ü", "62c3bc"],
  [null, "f6"],
  [undefined, "f7"],
  [false, "f4"],
] as const) {
  test(`RFC 8949 A: ${String(value)} is ${hex}`, () => {
    assert.is(toHex(encodeCbor(value)), hex);
    assert.equal(decodeForeignCbor(fromHex(hex)!), { ok: true, value });
  });
}

test("a key that a map has twice is our own mistake", () => {
  assert.throws(
    () => encodeCbor(new Map([[fromHex("00")!, 1] as const, [fromHex("00")!, 2] as const])),
    /each key once/,
  );
});

test.run();
