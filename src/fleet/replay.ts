// The fleet and its assignments, made again from records alone: nothing is decided anew.

import { type Assigned, applied, UNASSIGNED } from "./change-application.ts";
import { EMPTY_FLEET, type Fleet } from "./fleet.ts";
import type { FleetRecord } from "./fleet-record.ts";

export interface Replayed {
  readonly fleet: Fleet;
  /** By pseudonym, of devices that ever had an assignment. */
  readonly devices: ReadonlyMap<string, Assigned>;
}

/** From the first record on, or on from what was replayed before. */
export function replay(records: Iterable<FleetRecord>, from?: Replayed): Replayed {
  let fleet = from?.fleet ?? EMPTY_FLEET;
  const devices = new Map(from?.devices);
  for (const { wall, time, device, change } of records) {
    const own = (device !== undefined && devices.get(device)) || UNASSIGNED;
    const after = applied({ ...fleet, clock: { wall, time } }, own, change, time);
    fleet = after.fleet;
    if (device !== undefined && after.own !== own) devices.set(device, after.own);
  }
  return { fleet, devices };
}
