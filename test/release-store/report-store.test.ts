import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import type { InstallReport } from "../../src/manifest/install-report.ts";
import { REPORTS_MAX, REPORTS_OF_DEVICE_MAX, ReportStore } from "../../src/release-store/report-store.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";

const test = suite("report-store");
const scratch = scratchDirectories(test);

const DAY = 1_700_000_000_000;

function report(id: number, more: Partial<InstallReport> = {}): InstallReport {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(4, id);
  const figures = new Map([[1, 60]]);
  return { id: bytes, product: "pump", version: "1.3.0", sequenceNumber: 2, state: 0, result: 1, figures, ...more };
}

test("a report is kept once, however often it comes, and is read as it was said", () => {
  const store = ReportStore.open(scratch());
  const device = toUtf8("meter-7");
  const one = { device, report: report(1, { reason: "noContact", slot: 1 }), receivedAt: DAY };
  store.addAll([one, one]);
  store.addAll([one]);
  assert.equal(store.list(10), [one]);
  const bare = { device, report: report(2, { version: undefined, figures: new Map() }), receivedAt: DAY };
  store.addAll([bare]);
  assert.equal(store.list(1)[0]!.report, { ...bare.report, reason: undefined, slot: undefined });
  store.close();
});

test(`a device has its newest ${REPORTS_OF_DEVICE_MAX} reports, whatever it sends`, () => {
  const store = ReportStore.open(scratch());
  const from = (device: string, id: number) => ({ device: toUtf8(device), report: report(id), receivedAt: id });
  store.addAll([from("other", 0), ...Array.from({ length: 100 }, (_, id) => from("meter-7", id))]);
  assert.is(store.count(), REPORTS_OF_DEVICE_MAX + 1);
  assert.is(store.list(1)[0]!.receivedAt, 99);
  store.close();
});

test(`${REPORTS_MAX} reports are the most that are kept`, () => {
  const directory = scratch();
  const store = ReportStore.open(directory);
  const from = (number: number) => ({ device: toUtf8(`meter-${number}`), report: report(1), receivedAt: number });
  store.addAll([from(1), from(2)]);
  // As if as many more had come as may be kept, but two.
  const database = new DatabaseSync(join(directory, "reports.db"));
  database.exec(`UPDATE sqlite_sequence SET seq = ${REPORTS_MAX - 1} WHERE name = 'report'`);
  database.close();
  const times = () => store.list(10).map(({ receivedAt }) => receivedAt);
  store.addAll([from(3)]);
  assert.equal(times(), [3, 2, 1]);
  store.addAll([from(4)]);
  assert.equal(times(), [4, 3, 2]);
  store.addAll([from(5)]);
  assert.equal(times(), [5, 4, 3]);
  store.close();
});

test.run();
