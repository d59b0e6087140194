// What was decided, record by record in the order of the commits. The registry's entry of a commit holds the digest of its
// records, so that nobody changes them afterwards without being seen.

import type { FleetDatabase } from "./decision-database.ts";

/** Rows in one statement. */
const ROWS_MAX = 64;

export interface StoredRecord {
  readonly number: number;
  /** Of the registry. */
  readonly entry: number;
  readonly bytes: Uint8Array;
}

export class RecordTable {
  readonly #db: FleetDatabase;

  constructor(db: FleetDatabase) {
    this.#db = db;
  }

  /** The number of the newest; 0 where there is none. */
  async newest(): Promise<number> {
    const { fn } = this.#db;
    const row = await this.#db.selectFrom("fleet_record").select(fn.max("number").as("newest")).executeTakeFirst();
    return row?.newest ?? 0;
  }

  /** Adds them after the newest one, all of one entry. */
  async add(newest: number, entry: number, records: readonly Uint8Array[]): Promise<void> {
    for (let from = 0; from < records.length; from += ROWS_MAX) {
      const some = records.slice(from, from + ROWS_MAX);
      const rows = some.map((bytes, i) => ({ number: newest + from + i + 1, entry, bytes }));
      await this.#db.insertInto("fleet_record").values(rows).execute();
    }
  }

  /** Those after a number, in their order. */
  after(number: number, limit: number): Promise<StoredRecord[]> {
    return this.#db
      .selectFrom("fleet_record")
      .select(["number", "entry", "bytes"])
      .where("number", ">", number)
      .orderBy("number")
      .limit(limit)
      .execute();
  }
}
