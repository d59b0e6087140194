import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { decodeUint, encodeUint, isCacheKey, isCritical, isRecognised, OptionNumber } from "../../src/coap/option.ts";

const option = suite("option");

option("RFC 7252 3.2: a uint has no leading zeros, and zero is empty", () => {
  const encoded = [0, 1, 255, 256, 65_535, 65_536, 2 ** 24 - 1, 2 ** 24, 2 ** 32 - 1].map((n) => toHex(encodeUint(n)));
  assert.equal(encoded, ["", "01", "ff", "0100", "ffff", "010000", "ffffff", "01000000", "ffffffff"]);
});

option("RFC 7252 3.2: a recipient takes leading zeros", () => {
  assert.is(decodeUint(Uint8Array.of(0, 0, 1, 2)), 258);
});

option("RFC 7959 4: a size above 16 MiB survives", () => {
  for (const size of [2 ** 24 + 1, 2 ** 31, 2 ** 32 - 1]) assert.is(decodeUint(encodeUint(size)), size);
});

option("RFC 7252 5.4.6: odd numbers are critical, and 28 and 60 are no part of the cache key", () => {
  assert.equal([OptionNumber.BLOCK2, OptionNumber.ETAG, 65_001, 2_048].map(isCritical), [true, false, true, false]);
  assert.equal([OptionNumber.SIZE2, OptionNumber.SIZE1, OptionNumber.REQUEST_TAG].map(isCacheKey), [
    false,
    false,
    true,
  ]);
});

option("RFC 7252 5.4.5: the second occurrence of an option that may occur once is unrecognised", () => {
  const twice = [17, 17].map((number) => ({ number, value: Uint8Array.of(42) }));
  assert.equal([isRecognised(twice, 0), isRecognised(twice, 1)], [true, false]);
});

option("RFC 7252 5.4.3: a length out of range makes an option unrecognised", () => {
  const lengths = [0, 1, 8, 9].map((length) => isRecognised([{ number: 4, value: new Uint8Array(length) }], 0));
  assert.equal(lengths, [false, true, true, false]);
});

option("RFC 9177 4.1: a server without Q-Block does not recognise 19 and 31", () => {
  for (const number of [19, 31]) assert.not(isRecognised([{ number, value: Uint8Array.of(6) }], 0));
});

option.run();
