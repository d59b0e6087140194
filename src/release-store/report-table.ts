// The reports of devices, as many as the bounds in release-file.ts let stay. The same report again changes nothing.

import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import type { InstallReport } from "../manifest/install-report.ts";
import type { StoreFile } from "../store/store-file.ts";

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

export class ReportTable {
  readonly #file: StoreFile;
  readonly #add;
  readonly #list;
  readonly #count;

  constructor(file: StoreFile) {
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
