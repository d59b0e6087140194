// Data directories of before the fleet have the reports of devices in a file of their own, `reports.db`. It is read once, and gone
// when what it held is committed.

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { StoreFile, type StoreFormat } from "../store/store-file.ts";
import type { FleetReportRow } from "./fleet-tables.ts";
import { type ReceivedReport, receivedReport } from "./report-table.ts";

const FORMAT: StoreFormat = {
  fileName: "reports.db",
  applicationId: 0x4e427270, // "NBrp"
  version: 1,
  ownerOnly: true,
  schema: "",
};

/** In the order of their coming; undefined where there is no such file. Throws StoreError. */
export function oldReports(directory: string): readonly ReceivedReport[] | undefined {
  if (!existsSync(join(directory, FORMAT.fileName))) return undefined;
  const file = StoreFile.open(directory, FORMAT);
  try {
    const rows = file.attempt(() =>
      file.prepare<[], Omit<FleetReportRow, "number">>("SELECT * FROM report ORDER BY number").all(),
    );
    return rows.map(receivedReport);
  } finally {
    file.close();
  }
}

export function removeOldReports(directory: string): void {
  // The database last: without its log it is still a whole one.
  for (const suffix of ["-wal", "-shm", ""]) rmSync(join(directory, FORMAT.fileName + suffix), { force: true });
}
