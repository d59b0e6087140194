import { suite } from "uvu";
import * as assert from "uvu/assert";
import { instant } from "../../../src/base/instant.ts";
import { RateTable } from "../../../src/dtls/admission/rate-table.ts";

const rateTable = suite("rate-table");

const RATE = { atOnce: 3, perSecond: 2 };
const NOW = instant(5_000);

rateTable("a key may do so much at once, and as much more as time goes by", () => {
  const table = new RateTable(RATE, 64);
  for (let i = 0; i < 3; i++) {
    assert.ok(table.has(NOW, 17));
    table.take(NOW, 17);
  }
  assert.not(table.has(NOW, 17));
  assert.not(table.has(instant(5_499), 17));
  assert.ok(table.has(instant(5_500), 17));
  table.take(instant(5_500), 17);
  assert.not(table.has(instant(5_500), 17));
});

rateTable("a bucket holds no more than may be done at once, however long nothing was", () => {
  const table = new RateTable(RATE, 64);
  table.take(NOW, 17);
  for (let i = 0; i < 3; i++) table.take(instant(1_000_000), 17);
  assert.not(table.has(instant(1_000_000), 17));
});

rateTable("one key does not use up what another has", () => {
  const table = new RateTable(RATE, 64);
  for (let i = 0; i < 3; i++) table.take(NOW, 17);
  assert.ok(table.has(NOW, 18));
});

rateTable("who used up what it had stays known among any number of others", () => {
  const table = new RateTable(RATE, 64);
  for (let i = 0; i < 3; i++) table.take(NOW, 17);
  for (let key = 1_000; key < 100_000; key++) table.take(NOW, key);
  assert.not(table.has(NOW, 17));
});

rateTable.run();
