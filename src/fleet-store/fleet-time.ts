// What the time brings: assignments that are due, roll-outs whose devices are to be stepped, and what only the store can count.
// A look does a bounded part of it, so that check-ins wait for no more than that.

import type { FleetCounts } from "../fleet/fleet-event.ts";
import type { FleetBatch } from "./fleet-batch.ts";
import type { FleetStore } from "./fleet-store.ts";

/** Devices that one look steps: some milliseconds. */
export const DEVICES_AT_ONCE_MAX = 256;

export class FleetTime {
  readonly #store: FleetStore;

  constructor(store: FleetStore) {
    this.#store = store;
  }

  /** Once a second, and again at once where it says so. `now` in ms since 1970. Throws StoreError. */
  pass(now: number, counts: FleetCounts): Promise<{ readonly isMoreDue: boolean }> {
    return this.#store.transact(now, async (batch) => {
      this.#store.learnNews(batch);
      const logBehindMs = this.#store.logBehindMs(now);
      batch.step(undefined, { kind: "ticked", counts: { ...counts, logBehindMs } });
      const isMoreToSweep = await this.#sweep(batch);
      const due = await this.#store.devices.due(batch.fleet.clock.time, DEVICES_AT_ONCE_MAX);
      this.#stepAll(batch, due);
      return { isMoreDue: isMoreToSweep || due.length === DEVICES_AT_ONCE_MAX };
    });
  }

  async #sweep(batch: FleetBatch): Promise<boolean> {
    const { db, devices } = this.#store;
    const swept = await db.selectFrom("fleet_sweep").select(["rollout", "after"]).limit(1).executeTakeFirst();
    if (swept === undefined) return false;
    const { rollout, after } = swept;
    const found = await devices.ofRollout(rollout, after, DEVICES_AT_ONCE_MAX);
    this.#stepAll(batch, found);
    batch.becomeUrgent();
    if (found.length < DEVICES_AT_ONCE_MAX) {
      await db.deleteFrom("fleet_sweep").where("rollout", "=", rollout).execute();
    } else {
      const last = found.at(-1)!.device.id;
      await db.updateTable("fleet_sweep").set({ after: last }).where("rollout", "=", rollout).execute();
    }
    return true;
  }

  #stepAll(batch: FleetBatch, found: Awaited<ReturnType<FleetStore["devices"]["due"]>>): void {
    this.#store.holdRead(batch, found);
    for (const { device } of found) if (batch.deviceOf(device.id) !== undefined) batch.step(device.id, { kind: "due" });
  }
}
