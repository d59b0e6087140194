import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OutageProcess, outageShare } from "../../../sim/link/outage.ts";
import { Prng } from "../../../sim/prng.ts";
import { instant } from "../../../src/base/instant.ts";

const outage = suite("outage");

const MODEL = { meanOutageSeconds: 30, meanBetweenSeconds: 2970 };

outage("a link is out for its share of the time", () => {
  const process = new OutageProcess(MODEL, new Prng(5));
  let outCount = 0;
  const sampleCount = 6_000_000;
  for (let second = 0; second < sampleCount; second++) {
    if (process.openAt(instant(second * 1000)) > second * 1000) outCount++;
  }
  assert.is(outageShare(MODEL), 0.01);
  // 2,000 outages: the share varies by the √2/2000-th part, four times that is 13 %.
  assert.ok(Math.abs(outCount / sampleCount - 0.01) < 0.0013, `${outCount / sampleCount}`);
});

outage("the end of an outage is the same however often one asks, and open at its own instant", () => {
  const process = new OutageProcess({ meanOutageSeconds: 30, meanBetweenSeconds: 0.001 }, new Prng(5));
  const end = process.openAt(instant(100));
  assert.ok(end > 101);
  assert.is(process.openAt(instant(101)), end);
  assert.is(process.openAt(end), end);
});

outage.run();
