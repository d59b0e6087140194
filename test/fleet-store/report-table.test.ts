import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { sql } from "kysely";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { encodeCbor } from "../../src/cbor/encode-cbor.ts";
import { REPORTS_MAX, REPORTS_OF_DEVICE_MAX } from "../../src/fleet-store/report-table.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { BEGIN, FleetScene, reportOf } from "./scene.ts";

const test = suite("report-table");
const scratch = scratchDirectories(test);

test("a report is kept once, however often it comes, and is read as it was said", async () => {
  const scene = await FleetScene.open(scratch());
  const one = reportOf("meter-7", 1, { reason: "noContact", slot: 1, figures: new Map([[1, 60]]) });
  assert.equal(await scene.takes(one, one), ["kept", "kept"]);
  assert.equal(await scene.takes(one), ["kept"]);
  const { report } = one as Extract<typeof one, { kind: "report" }>;
  assert.equal(await scene.store.reports.list(10), [{ device: toUtf8("meter-7"), report, receivedAt: BEGIN }]);
  await scene.takes(reportOf("meter-7", 2, { version: undefined }));
  const [bare] = await scene.store.reports.list(1);
  assert.equal([bare!.report.version, bare!.report.reason, bare!.report.slot], [undefined, undefined, undefined]);
  await scene.close();
});

test(`a device has its newest ${REPORTS_OF_DEVICE_MAX} reports, whatever it sends`, async () => {
  const scene = await FleetScene.open(scratch());
  await scene.takes(reportOf("other", 0), ...Array.from({ length: 100 }, (_, i) => reportOf("meter-7", i)));
  assert.is(await scene.store.reports.count(), REPORTS_OF_DEVICE_MAX + 1);
  const [newest] = await scene.store.reports.list(1);
  assert.is(newest!.report.id[7], 99);
  await scene.close();
});

test(`${REPORTS_MAX} reports are the most that are kept`, async () => {
  const scene = await FleetScene.open(scratch());
  const from = (number: number) => scene.takes(reportOf(`meter-${number}`, 1));
  const kept = async () =>
    (await scene.store.reports.list(10)).map(({ device }) => Number(Buffer.from(device).toString().slice(6)));
  await from(1);
  await from(2);
  // As if as many more had come as may be kept, but two.
  await sql`UPDATE sqlite_sequence SET seq = ${REPORTS_MAX - 1} WHERE name = 'fleet_report'`.execute(scene.store.db);
  await from(3);
  assert.equal(await kept(), [3, 2, 1]);
  await from(4);
  assert.equal(await kept(), [4, 3, 2]);
  await from(5);
  assert.equal(await kept(), [5, 4, 3]);
  await scene.close();
});

test("reports of before the fleet are taken over, with their file, also by whoever was killed before it was gone", async () => {
  const directory = scratch();
  const path = join(directory, "reports.db");
  writeOldReports(path);
  const scene = await FleetScene.open(directory);
  const [report] = await scene.store.reports.list(10);
  assert.equal([report!.receivedAt, report!.report.version, report!.report.figures], [5, "1.3.0", new Map([[1, 60]])]);
  assert.not(existsSync(path));
  await scene.close();
  writeOldReports(path);
  const again = await FleetScene.open(directory);
  assert.is(await again.store.reports.count(), 1);
  await again.close();
});

/** As the program before this one did. */
function writeOldReports(path: string): void {
  const database = new DatabaseSync(path);
  database.exec(`
    PRAGMA journal_mode = wal;
    CREATE TABLE report (number INTEGER PRIMARY KEY AUTOINCREMENT, device BLOB NOT NULL, id BLOB NOT NULL,
      product TEXT NOT NULL, version TEXT NOT NULL, sequence INTEGER NOT NULL, state INTEGER NOT NULL,
      result INTEGER NOT NULL, reason TEXT NOT NULL, slot INTEGER NOT NULL, figures BLOB NOT NULL,
      received_at INTEGER NOT NULL, UNIQUE (device, id)) STRICT;
    PRAGMA application_id = ${0x4e427270}; PRAGMA user_version = 1`);
  const add = database.prepare("INSERT INTO report VALUES (1, ?, ?, 'pump', '1.3.0', 2, 0, 1, '', -1, ?, 5)");
  add.run(toUtf8("meter-7"), new Uint8Array(8), encodeCbor(new Map([[1, 60]])));
  database.close();
  chmodSync(path, 0o600);
}

test.run();
