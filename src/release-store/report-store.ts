// The reports of devices in `reports.db`, apart from what was decided: devices write here all day. The same report again changes
// nothing, and the bounds stand in the database, so that no way of writing can forget them.

import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import type { InstallReport } from "../manifest/install-report.ts";
import { StoreFile, type StoreFormat } from "../store/store-file.ts";

/** Reports that are kept; older ones are forgotten. */
export const REPORTS_MAX = 100_000;

/** Of one device. */
export const REPORTS_OF_DEVICE_MAX = 16;

/** Of the longest identity (RFC 4279 5.3), and of what a plain address is written as. */
export const DEVICE_LENGTH_MAX = 128;

/** Bytes of a report's figures, encoded: eight numbers. */
const FIGURES_LENGTH_MAX = 128;

const REPORT = `
    CREATE TABLE report (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      device BLOB NOT NULL CHECK (length(device) <= ${DEVICE_LENGTH_MAX}),
      id BLOB NOT NULL CHECK (length(id) = 8),
      product TEXT NOT NULL CHECK (length(product) <= 64),
      version TEXT NOT NULL CHECK (length(version) <= 64),
      sequence INTEGER NOT NULL,
      state INTEGER NOT NULL,
      result INTEGER NOT NULL,
      reason TEXT NOT NULL CHECK (length(reason) <= 32),
      slot INTEGER NOT NULL,
      figures BLOB NOT NULL CHECK (length(figures) <= ${FIGURES_LENGTH_MAX}),
      received_at INTEGER NOT NULL,
      UNIQUE (device, id)
    ) STRICT;
    CREATE TRIGGER report_bound AFTER INSERT ON report BEGIN
      DELETE FROM report WHERE number <= new.number - ${REPORTS_MAX};
      DELETE FROM report WHERE device = new.device AND number <= (
        SELECT number FROM report WHERE device = new.device ORDER BY number DESC LIMIT 1 OFFSET ${REPORTS_OF_DEVICE_MAX}
      );
    END`;

const FORMAT: StoreFormat = {
  fileName: "reports.db",
  applicationId: 0x4e427270, // "NBrp"
  version: 1,
  ownerOnly: true,
  schema: REPORT,
};

/** A report, whose it is, and when it came. */
export interface ReceivedReport {
  /** Its identity, or the address that plain CoAP came from. */
  readonly device: Uint8Array;
  readonly report: InstallReport;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

interface ReportRow {
  readonly device: Uint8Array;
  readonly id: Uint8Array;
  readonly product: string;
  readonly version: string;
  readonly sequenceNumber: number;
  readonly state: number;
  readonly result: number;
  readonly reason: string;
  readonly slot: number;
  readonly figures: Uint8Array;
  readonly receivedAt: number;
}

/** Where a report says nothing of its slot. */
const NO_SLOT = -1;

const COLUMNS = `device, id, product, version, sequence AS sequenceNumber, state, result, reason, slot, figures,
  received_at AS receivedAt`;

export class ReportStore {
  readonly #file: StoreFile;
  readonly #add;
  readonly #list;
  readonly #count;

  /**
   * Opens the store in the data directory, and makes it where it is absent.
   * Throws StoreError: busy, damaged, notADirectory, permissions, unknownFormat, unwritable.
   */
  static open(directory: string): ReportStore {
    return new ReportStore(StoreFile.open(directory, FORMAT));
  }

  private constructor(file: StoreFile) {
    this.#file = file;
    this.#add = file.prepare<
      [Uint8Array, Uint8Array, string, string, number, number, number, string, number, Uint8Array, number]
    >(
      `INSERT INTO report (device, id, product, version, sequence, state, result, reason, slot, figures, received_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#list = file.prepare<[number], ReportRow>(`SELECT ${COLUMNS} FROM report ORDER BY number DESC LIMIT ?`);
    this.#count = file.prepare<[], { count: number }>("SELECT count(*) AS count FROM report");
  }

  /** In one transaction, so that a thousand reports are one wait for the disk. */
  addAll(received: readonly ReceivedReport[]): void {
    this.#file.transaction(() => {
      for (const { device, report, receivedAt } of received) {
        const { id, product, version = "", sequenceNumber, state, result, reason = "", slot = NO_SLOT } = report;
        const said = [product, version, sequenceNumber, state, result, reason, slot] as const;
        this.#add.run(device, id, ...said, encodeCbor(report.figures), receivedAt);
      }
    });
  }

  /** The newest first. */
  list(countMax: number): ReceivedReport[] {
    return this.#file.attempt(() => this.#list.all(countMax)).map(received);
  }

  count(): number {
    return this.#file.attempt(() => this.#count.get())!.count;
  }

  close(): void {
    this.#file.close();
  }
}

function received(row: ReportRow): ReceivedReport {
  const { device, receivedAt, id, product, sequenceNumber, state, result } = row;
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
    figures: figures.ok ? (figures.value as InstallReport["figures"]) : new Map(),
  };
  return { device, report, receivedAt };
}
