// What happens in one transaction: events, one after the other, on what the store holds. Nothing is written here; whoever began
// the batch writes what it came to, or forgets it.

import type { Alert } from "../fleet/alert.ts";
import type { Device } from "../fleet/device.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { FleetEvent } from "../fleet/fleet-event.ts";
import type { FleetRecord } from "../fleet/fleet-record.ts";
import type { Hashing } from "../fleet/judgement.ts";
import { step } from "../fleet/step.ts";
import type { Step } from "../fleet/steps/turn.ts";
import { differsByContactAlone } from "./contact-fields.ts";
import type { StoredDevice } from "./device-table.ts";

export class FleetBatch {
  fleet: Fleet;
  readonly records: FleetRecord[] = [];
  readonly alerts: Alert[] = [];
  /** Roll-outs whose assignments are to be stepped. */
  readonly sweep = new Set<string>();
  readonly removed = new Set<string>();
  /** Devices that this batch has read or made, as they are now. */
  readonly #devices = new Map<string, StoredDevice>();
  readonly #changed = new Set<string>();
  readonly #hashing: Hashing;
  readonly #now: number;
  /** Devices that nobody had seen before. */
  addedCount = 0;
  #isUrgent = false;

  /** `now` in ms since 1970. */
  constructor(hashing: Hashing, fleet: Fleet, now: number) {
    this.#hashing = hashing;
    this.fleet = fleet;
    this.#now = now;
  }

  /** Whether somebody waits for the disk: all but contacts and the fleet's clock. */
  get isUrgent(): boolean {
    return this.#isUrgent;
  }

  /** Something beside this batch was written in its transaction. */
  becomeUrgent(): void {
    this.#isUrgent = true;
  }

  /** What the batch shall write of devices. */
  changedDevices(): StoredDevice[] {
    return [...this.#changed].flatMap((id) => this.#devices.get(id) ?? []);
  }

  /** As they were read, unless this batch has them already. */
  hold(devices: Iterable<StoredDevice>): void {
    for (const stored of devices) {
      const { id } = stored.device;
      if (!this.#devices.has(id) && !this.removed.has(id)) this.#devices.set(id, stored);
    }
  }

  deviceOf(id: string): Device | undefined {
    return this.#devices.get(id)?.device;
  }

  secretOf(id: string): Uint8Array | undefined {
    return this.#devices.get(id)?.secret;
  }

  /** `secret`: of a device that may be new. */
  step(id: string | undefined, event: FleetEvent, secret?: Uint8Array): Step {
    const stored = id === undefined ? undefined : this.#devices.get(id);
    const stepped = step(this.#hashing, this.fleet, stored?.device, event, this.#now);
    this.fleet = stepped.fleet;
    this.records.push(...stepped.records);
    this.alerts.push(...stepped.alerts);
    for (const rollout of stepped.sweep) this.sweep.add(rollout);
    if (stepped.records.length > 0 || stepped.sweep.length > 0) this.#isUrgent = true;
    if (id !== undefined) this.#keep(id, stored, stepped.device, secret);
    return stepped;
  }

  #keep(id: string, before: StoredDevice | undefined, after: Device | undefined, fresh: Uint8Array | undefined): void {
    if (after === before?.device) return;
    if (after === undefined) {
      this.#devices.delete(id);
      this.#changed.delete(id);
      this.removed.add(id);
      this.#isUrgent = true;
      return;
    }
    const secret = before?.secret ?? fresh;
    if (secret === undefined) return;
    this.#devices.set(id, { device: after, secret });
    this.#changed.add(id);
    this.removed.delete(id);
    if (before === undefined) this.addedCount++;
    if (before === undefined || !differsByContactAlone(before.device, after)) this.#isUrgent = true;
  }
}
