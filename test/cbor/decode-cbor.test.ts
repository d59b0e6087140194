import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromHex } from "../../src/base/bytes.ts";
import { CBOR_DEPTH_MAX, CBOR_LENGTH_MAX, type CborValue, Tagged } from "../../src/cbor/cbor-value.ts";
import { decodeCbor, decodeForeignCbor } from "../../src/cbor/decode-cbor.ts";
import { encodeCbor } from "../../src/cbor/encode-cbor.ts";

const test = suite("decode-cbor");

function ours(hex: string): string | CborValue {
  const decoded = decodeCbor(fromHex(hex)!);
  return decoded.ok ? decoded.value : `refused: ${decoded.error.reason}, at ${decoded.error.offset}`;
}

function foreign(hex: string): string | CborValue {
  const decoded = decodeForeignCbor(fromHex(hex)!);
  return decoded.ok ? decoded.value : `refused: ${decoded.error.reason}, at ${decoded.error.offset}`;
}

for (const [what, hex] of [
  ["keys that are not in order", "a202000100"],
  ["an integer longer than needed", "1801"],
  ["an array of indefinite length", "9f01ff"],
  ["a float of 64 bits that 16 hold", "fb3ff8000000000000"],
  ["a length longer than needed", "5801aa"],
] as const) {
  test(`RFC 8949 4.2.1: ${what} is refused in what is ours, and read in what is foreign`, () => {
    assert.match(ours(hex) as string, /^refused/);
    assert.not.type(foreign(hex), "string");
  });
}

for (const [what, hex, reason] of [
  ["a key that comes twice", "a201000100", /repeat map key/],
  ["a byte string that is a key twice", "a241aa0041aa00", /twice/],
  ["an array that is a key twice, further in", "81a2810100810100", /twice/],
  ["a byte behind the end", "0100", /too many/],
  ["text that is no UTF-8", "61ff", /UTF-8/],
  ["a text with a byte order mark", "64efbbbf61", /byte order mark/],
  ["an end within a byte string", "43aabb", /not enough/],
  ["an array of 2^48 elements", "9b0001000000000000", /not enough/],
  ["a byte string of 2^48 bytes", "5b0001000000000000", /not enough/],
  ["nothing at all", "", /did not find/],
  ["a tag that nobody here reads", "c000", /tag not supported \(0\)/],
  ["a tag without content", "d2", /tag content missing/],
  ["a break outside of anything", "ff", /break/],
  ["a byte string of indefinite length", "5f41aaff", /indefinite/],
  ["a simple value that nobody assigned", "e0", /./],
] as const) {
  test(`RFC 8949 5.3: ${what} is refused everywhere`, () => {
    assert.match(ours(hex) as string, /^refused/);
    assert.match(foreign(hex) as string, /^refused/);
    assert.match(foreign(hex) as string, reason);
  });
}

/** `depth` of the opening within each other, with a zero in the middle. */
function nested(opening: string, depth: number, closing = ""): string {
  return `${opening.repeat(depth)}00${closing.repeat(depth)}`;
}

for (const [what, opening, closing] of [
  ["arrays", "81", ""],
  ["maps", "a100", ""],
  ["tags", "d2", ""],
  ["arrays of indefinite length", "9f", "ff"],
] as const) {
  test(`${CBOR_DEPTH_MAX} ${what} within each other are read, one more is refused where it begins`, () => {
    assert.not.match(String(foreign(nested(opening, CBOR_DEPTH_MAX, closing))), /refused/);
    const more = foreign(nested(opening, CBOR_DEPTH_MAX + 1, closing)) as string;
    assert.match(more, /more than 16 items within each other/);
    assert.match(more, new RegExp(`at ${(CBOR_DEPTH_MAX + 1) * (opening.length / 2)}$|at ${CBOR_DEPTH_MAX * 2 + 1}$`));
  });
}

test("a thousand siblings are no depth", () => {
  const siblings = Array.from({ length: 1000 }, () => [new Map([[1, [2]]]), new Tagged(18, [])]);
  assert.ok(decodeCbor(encodeCbor(siblings)).ok);
});

test("nesting as deep as the bytes allow is refused without a stack that overflows", () => {
  assert.match(foreign("81".repeat(CBOR_LENGTH_MAX)) as string, /within each other/);
});

test("64 KiB are the most, in both", () => {
  const longest = encodeCbor(new Uint8Array(CBOR_LENGTH_MAX - 3));
  assert.is(longest.length, CBOR_LENGTH_MAX);
  assert.ok(decodeCbor(longest).ok && decodeForeignCbor(longest).ok);
  const longer = encodeCbor(new Uint8Array(CBOR_LENGTH_MAX - 2));
  for (const decoded of [decodeCbor(longer), decodeForeignCbor(longer)]) {
    assert.ok(!decoded.ok && decoded.error.reason.includes("65536 are the most"));
  }
});

test("a fault names the byte where our encoding would go another way", () => {
  assert.is(ours("a202000100"), "refused: not in its deterministic encoding, at 1");
});

test("an integer beyond 2^53-1 comes as a bigint, and one below does not", () => {
  assert.is(ours("1b0020000000000000"), 2n ** 53n);
  assert.is(ours("1b001fffffffffffff"), 2 ** 53 - 1);
});

test("a Buffer is read like other bytes", () => {
  assert.equal(decodeCbor(Buffer.from("8141aa", "hex")), { ok: true, value: [Uint8Array.of(0xaa)] });
});

test.run();
