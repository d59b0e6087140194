import { inspect } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KEY_LENGTH_MAX, parseKey } from "../../psk/key.ts";
import type { StoreError } from "../../src/store/store-error.ts";
import { throwsStoreError } from "../store/scratch-directory.ts";

const test = suite("key");

test("a key is its hex digits", () => {
  assert.equal(parseKey("00fF10").reveal(), Uint8Array.of(0x00, 0xff, 0x10));
});

test("RFC 4279 5.3: 64 bytes are a key, 0 and 65 are none", () => {
  assert.is(parseKey("ab".repeat(KEY_LENGTH_MAX)).length, 64);
  throwsStoreError(() => parseKey("ab".repeat(65)), "key", "65 bytes", "1 to 64");
  throwsStoreError(() => parseKey(""), "key", "0 bytes");
});

test("a key that is not hex digits is not shown in the error", () => {
  throwsStoreError(() => parseKey("c0ffee5"), "key", "hex digits");
  try {
    parseKey("c0ffee5");
  } catch (error) {
    assert.not.match(inspect(error), /c0ffee/);
    assert.not.match((error as StoreError).message, /c0ffee/);
  }
});

test.run();
