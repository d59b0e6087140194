import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { IDENTITY_LENGTH_MAX, identityText, parseIdentity } from "../../psk/identity.ts";
import { toUtf8 } from "../../src/base/bytes.ts";
import { throwsStoreError } from "../store/scratch-directory.ts";

const test = suite("identity");

test("an identity is the UTF-8 of its text", () => {
  assert.equal(parseIdentity("mätér-1"), toUtf8("mätér-1"));
});

for (const text of ["meter 7", "urn:imei:490154203237518", "Zähler", "舟", 'a,b"c']) {
  test(`${text} is written as it is`, () => {
    assert.is(identityText(toUtf8(text)), text);
  });
}

const UNPRINTABLE: readonly (readonly [string, Uint8Array, string])[] = [
  ["a control character", Uint8Array.of(0x61, 0x0a), "hex:610a"],
  ["no UTF-8", Uint8Array.of(0xff), "hex:ff"],
  ["text that begins with hex:", toUtf8("hex:x"), "hex:6865783a78"],
  ["a space at the end", toUtf8("a "), "hex:6120"],
  ["a space at the beginning", toUtf8(" a"), "hex:2061"],
  ["a no-break space", toUtf8("a\u00a0b"), "hex:61c2a062"],
  ["a character that turns the line's direction", toUtf8("a\u202eb"), "hex:61e280ae62"],
];
for (const [what, identity, text] of UNPRINTABLE) {
  test(`an identity with ${what} is written in hex digits`, () => {
    assert.is(identityText(identity), text);
  });
}

test("any identity comes back from its text", () => {
  const identities = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: IDENTITY_LENGTH_MAX }),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 10 }).map(toUtf8),
  );
  fc.assert(
    fc.property(identities, (identity) => {
      assert.equal(new Uint8Array(parseIdentity(identityText(identity))), new Uint8Array(identity));
    }),
    { seed: 4279, numRuns: 2000 },
  );
});

test("RFC 4279 5.3: 128 bytes are an identity, 0 and 129 are none", () => {
  assert.is(parseIdentity("i".repeat(128)).length, 128);
  throwsStoreError(() => parseIdentity("i".repeat(129)), "identity", "129 bytes", "1 to 128");
  throwsStoreError(() => parseIdentity(""), "identity", "0 bytes");
  throwsStoreError(() => parseIdentity("hex:"), "identity", "0 bytes");
});

test("the maximum counts bytes, not characters", () => {
  throwsStoreError(() => parseIdentity("é".repeat(65)), "identity", "130 bytes");
});

test("hex: takes pairs of hex digits only", () => {
  assert.equal(parseIdentity("hex:00fF"), Uint8Array.of(0x00, 0xff));
  throwsStoreError(() => parseIdentity("hex:0"), "identity", "hex digits");
  throwsStoreError(() => parseIdentity("hex:zz"), "identity", "hex digits");
});

test.run();
