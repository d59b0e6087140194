// Devices, a million of them: read by their ids, by the deadlines of their assignments and by the roll-outs of these.

import { sql } from "kysely";
import type { Device } from "../fleet/device.ts";
import type { FleetDatabase } from "./decision-database.ts";
import { fromJson, toJson } from "./plain-json.ts";

/** Of those that ever checked in. */
export const FLEET_DEVICES_MAX = 16_777_216;

/** Characters of a device's state: attributes and sixteen past assignments at their longest are well below. */
export const DEVICE_STATE_LENGTH_MAX = 65_536;

/** Rows in one statement. */
const ROWS_MAX = 64;

export interface StoredDevice {
  readonly device: Device;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

interface DeviceRow {
  readonly secret: Uint8Array;
  readonly state: string;
}

export class DeviceTable {
  readonly #db: FleetDatabase;

  constructor(db: FleetDatabase) {
    this.#db = db;
  }

  /** Those of `ids` that are known, by id. */
  async find(ids: readonly string[]): Promise<Map<string, StoredDevice>> {
    const found = new Map<string, StoredDevice>();
    for (const some of chunks(ids)) {
      const rows = await this.#db
        .selectFrom("fleet_device")
        .select(["secret", "state"])
        .where("id", "in", some)
        .execute();
      for (const row of rows) {
        const stored = storedDevice(row);
        found.set(stored.device.id, stored);
      }
    }
    return found;
  }

  async write(devices: readonly StoredDevice[]): Promise<void> {
    for (const some of chunks(devices)) {
      const values = some.map(({ device, secret }) => ({ id: device.id, secret, state: toJson(device) }));
      await this.#db
        .insertInto("fleet_device")
        .values(values)
        .onConflict((conflict) => conflict.column("id").doUpdateSet({ state: sql`excluded.state` }))
        .execute();
    }
  }

  /** The device's secret goes with it, and with that what tells whose its records are. */
  async remove(id: string): Promise<void> {
    await this.#db.deleteFrom("fleet_device").where("id", "=", id).execute();
  }

  async count(): Promise<number> {
    const { fn } = this.#db;
    const row = await this.#db.selectFrom("fleet_device").select(fn.countAll<number>().as("count")).executeTakeFirst();
    return row?.count ?? 0;
  }

  /** Devices whose assignments are due at `time`, the fleet's own; the longest due ones first. */
  async due(time: number, limit: number): Promise<StoredDevice[]> {
    const rows = await this.#db
      .selectFrom("fleet_device")
      .select(["secret", "state"])
      .where("deadline", "<=", time)
      .orderBy("deadline")
      .limit(limit)
      .execute();
    return rows.map(storedDevice);
  }

  /** Devices with an assignment of a roll-out, in the order of their ids, after one. */
  async ofRollout(rollout: string, after: string, limit: number): Promise<StoredDevice[]> {
    const rows = await this.#db
      .selectFrom("fleet_device")
      .select(["secret", "state"])
      .where("rollout", "=", rollout)
      .where("id", ">", after)
      .orderBy("id")
      .limit(limit)
      .execute();
    return rows.map(storedDevice);
  }
}

/** `id in (…)` with many ids, and inserts of many rows, are cut into statements of a few lengths. */
function* chunks<Value>(values: readonly Value[]): Generator<readonly Value[]> {
  for (let from = 0; from < values.length; ) {
    const left = Math.min(values.length - from, ROWS_MAX);
    const length = 2 ** Math.floor(Math.log2(left));
    yield values.slice(from, from + length);
    from += length;
  }
}

function storedDevice({ secret, state }: DeviceRow): StoredDevice {
  return { device: fromJson<Device>(state), secret };
}
