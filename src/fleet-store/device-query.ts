// Pages of devices in the order of their ids, and how many a filter means.

import type { RawBuilder } from "kysely";
import type { Device } from "../fleet/device.ts";
import type { FleetDatabase } from "./decision-database.ts";
import { fromJson } from "./plain-json.ts";

export interface DeviceSelection {
  /** Every device when absent. */
  readonly condition?: RawBuilder<boolean> | undefined;
  /** Of all products when absent. */
  readonly products?: readonly string[] | undefined;
}

export async function devicesOf(
  db: FleetDatabase,
  { condition, products }: DeviceSelection,
  after: string,
  limit: number,
): Promise<Device[]> {
  let query = db.selectFrom("fleet_device").select("state").where("id", ">", after);
  if (condition !== undefined) query = query.where(condition);
  if (products !== undefined) query = query.where("product", "in", products);
  const rows = await query.orderBy("id").limit(limit).execute();
  return rows.map(({ state }) => fromJson<Device>(state));
}
