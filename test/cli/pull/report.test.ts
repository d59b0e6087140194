import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatPullReport, percentiles, pullReport } from "../../../src/cli/pull/report.ts";

const test = suite("pull-report");

const RESULT = {
  statistics: {
    blocks: 40,
    duplicates: 1,
    requests: 42,
    retransmissions: 2,
    handshakes: 1,
    bytesUp: 3_000,
    bytesDown: 45_000,
    roundTripsMs: [10, 20, 30],
  },
  length: 50_000,
  sha256: new Uint8Array(32),
  resumed: 10_000,
  seconds: 10,
  cipherSuite: undefined,
};

test("percentiles are values that occurred, whatever their order", () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  assert.equal(percentiles(values), { p50: 50, p90: 90, p99: 99 });
  assert.equal(percentiles([7.04]), { p50: 7, p90: 7, p99: 7 });
  assert.equal(percentiles([]), { p50: 0, p90: 0, p99: 0 });
});

test("the rate counts what this run has fetched, not what was there", () => {
  assert.match(formatPullReport(pullReport("image.bin", RESULT)), /\ntime +10\.00 s \(4\.0 kB\/s\)$/);
});

test("bytes of an earlier run are told where there were any", () => {
  assert.match(formatPullReport(pullReport("image.bin", RESULT)), /\nresumed +at 10000 bytes\n/);
  assert.not.match(formatPullReport(pullReport("image.bin", { ...RESULT, resumed: 0 })), /resumed/);
});

test.run();
