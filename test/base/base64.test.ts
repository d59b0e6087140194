import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromBase64, toBase64 } from "../../src/base/base64.ts";
import { toUtf8 } from "../../src/base/bytes.ts";

const SEED = 4648;

const base64 = suite("base64");

base64("RFC 4648 10: the test vectors", () => {
  const texts = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
  for (const [length, text] of texts.entries()) {
    assert.is(toBase64(toUtf8("foobar".slice(0, length))), text);
    assert.equal(fromBase64(text), toUtf8("foobar".slice(0, length)));
  }
});

base64("bytes that were written are read back, and are Node's", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.is(toBase64(bytes), Buffer.from(bytes).toString("base64"));
      assert.equal(fromBase64(toBase64(bytes)), bytes);
    }),
    { seed: SEED },
  );
});

base64("RFC 4648 3.5: what nobody writes for bytes is none", () => {
  for (const text of ["Zg", "Zg=", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zm9-", "Zm9_", "=", "===="]) {
    assert.is(fromBase64(text), undefined, JSON.stringify(text));
  }
});

base64.run();
