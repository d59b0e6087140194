import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NAMED_PROFILES } from "../../../sim/profiles/profiles.ts";
import { SOURCES, sourceKeysIn } from "../../../sim/profiles/sources.ts";

const sources = suite("sources");

sources("the keys in a text, whatever stands between them", () => {
  assert.equal(sourceKeysIn("computed from srs, csdn; repetitions by assumption; within 8376"), [
    "8376",
    "csdn",
    "srs",
  ]);
  assert.equal(sourceKeysIn("assumption"), []);
});

for (const { name, sources: texts } of NAMED_PROFILES) {
  sources(`${name}: every source is a known key or an assumption`, () => {
    for (const text of Object.values(texts)) {
      assert.ok(text.includes("assumption") || sourceKeysIn(text).length > 0, `"${text}" names no known source`);
    }
  });
}

sources("every known key is the source of something", () => {
  const used = new Set(NAMED_PROFILES.flatMap((one) => Object.values(one.sources).flatMap(sourceKeysIn)));
  assert.equal([...used].sort(), Object.keys(SOURCES).sort());
});

sources.run();
