import { suite } from "uvu";
import * as assert from "uvu/assert";
import { failed, ok } from "../../src/base/result.ts";

const result = suite("result");

result("a success carries its value", () => {
  assert.equal(ok(7), { ok: true, value: 7 });
});

result("a failure carries its error by name", () => {
  assert.equal(failed("truncated"), { ok: false, error: "truncated" });
});

result.run();
