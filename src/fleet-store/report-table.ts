// The reports of devices, in the file of what was decided: a report and what follows from it are one transaction, and the same
// report again changes nothing.

import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import type { InstallReport } from "../manifest/install-report.ts";
import type { FleetDatabase } from "./decision-database.ts";
import type { FleetReportRow } from "./fleet-tables.ts";

/** Reports that are kept; older ones are forgotten. */
export const REPORTS_MAX = 100_000;

/** Of one device. */
export const REPORTS_OF_DEVICE_MAX = 16;

/** Of the longest identity (RFC 4279 5.3), and of what a plain address is written as. */
export const REPORTER_LENGTH_MAX = 128;

/** Bytes of a report's figures, encoded: each of them a number. */
export const FIGURES_LENGTH_MAX = 128;

/** Where a report says nothing of its slot. */
const NO_SLOT = -1;

/** A report, whose it is, and when it came. */
export interface ReceivedReport {
  /** Its identity, or the address that plain CoAP came from. */
  readonly device: Uint8Array;
  readonly report: InstallReport;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

export class ReportTable {
  readonly #db: FleetDatabase;

  constructor(db: FleetDatabase) {
    this.#db = db;
  }

  /** Whether it is new. */
  async add({ device, report, receivedAt }: ReceivedReport): Promise<boolean> {
    const { id, product, version = "", sequenceNumber, state, result, reason = "", slot = NO_SLOT } = report;
    const row = { device, id, product, version, sequence: sequenceNumber, state, result, reason, slot };
    const figures = encodeCbor(report.figures);
    const added = await this.#db
      .insertInto("fleet_report")
      .values({ ...row, figures, received_at: receivedAt })
      .onConflict((conflict) => conflict.columns(["device", "id"]).doNothing())
      .returning("number")
      .executeTakeFirst();
    if (added === undefined) return false;
    await this.#forgetOld(added.number, device);
    return true;
  }

  /** The newest first. */
  async list(countMax: number): Promise<ReceivedReport[]> {
    const rows = await this.#db
      .selectFrom("fleet_report")
      .selectAll()
      .orderBy("number", "desc")
      .limit(countMax)
      .execute();
    return rows.map(receivedReport);
  }

  async count(): Promise<number> {
    const { fn } = this.#db;
    const row = await this.#db.selectFrom("fleet_report").select(fn.countAll<number>().as("count")).executeTakeFirst();
    return row?.count ?? 0;
  }

  async #forgetOld(newest: number, device: Uint8Array): Promise<void> {
    await this.#db
      .deleteFrom("fleet_report")
      .where("number", "<=", newest - REPORTS_MAX)
      .execute();
    const last = await this.#db
      .selectFrom("fleet_report")
      .select("number")
      .where("device", "=", device)
      .orderBy("number", "desc")
      .offset(REPORTS_OF_DEVICE_MAX)
      .limit(1)
      .executeTakeFirst();
    if (last === undefined) return;
    await this.#db.deleteFrom("fleet_report").where("device", "=", device).where("number", "<=", last.number).execute();
  }
}

/** A report as its row says. */
export function receivedReport(row: Omit<FleetReportRow, "number">): ReceivedReport {
  const { device, received_at: receivedAt, id, product, sequence: sequenceNumber, state, result } = row;
  const figures = decodeCbor(row.figures);
  const report = {
    id,
    product,
    version: row.version === "" ? undefined : row.version,
    sequenceNumber,
    state,
    result,
    reason: row.reason === "" ? undefined : row.reason,
    slot: row.slot === NO_SLOT ? undefined : row.slot,
    figures: figures.ok ? (figures.value as InstallReport["figures"]) : new Map<number, number>(),
  };
  return { device, report, receivedAt };
}
