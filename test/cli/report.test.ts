import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatRate } from "../../src/cli/progress.ts";
import { formatFields, formatTable, imageReport } from "../../src/cli/report.ts";

const test = suite("report");

test("fields stand one below the other, their values in one column", () => {
  assert.is(formatFields({ path: "/fw/a/1", size: 3 }), "path  /fw/a/1\nsize  3");
});

test("a table's columns are as wide as their widest cells, and no line ends in spaces", () => {
  assert.is(
    formatTable([
      ["A", "LONG"],
      ["wide", "x"],
    ]),
    "A     LONG\nwide  x",
  );
});

test("a table without rows is empty", () => {
  assert.is(formatTable([]), "");
});

test("RFC 7252 5.10.6: an image's report has the ETag that devices get, 8 bytes of the SHA-256", () => {
  const sha256 = Uint8Array.from({ length: 32 }, (_, i) => i);
  const report = imageReport({ product: "pump", version: "1.0", length: 5, sha256, publishedAt: 0 });
  assert.is(report.etag, "0001020304050607");
  assert.is(report.path, "/fw/pump/1.0");
  assert.is(report.publishedAt, "1970-01-01T00:00:00.000Z");
});

test("a rate of no time at all is finite", () => {
  assert.is(formatRate(1_000, 2), "0.5 kB/s");
  assert.is(formatRate(1_000, 0), "1000.0 kB/s");
});

test.run();
