// A fleet whose devices are all in memory, stepped as its store steps it: what a rehearsal and a test drive in virtual time.

import { DeadlineQueue } from "../../src/base/deadline-queue.ts";
import { instant } from "../../src/base/instant.ts";
import type { Alert } from "../../src/fleet/alert.ts";
import type { Device } from "../../src/fleet/device.ts";
import { EMPTY_FLEET, type Fleet } from "../../src/fleet/fleet.ts";
import type { FleetAction } from "../../src/fleet/fleet-action.ts";
import type { FleetCounts, FleetEvent } from "../../src/fleet/fleet-event.ts";
import type { FleetRecord } from "../../src/fleet/fleet-record.ts";
import type { Refusal } from "../../src/fleet/fleet-service.ts";
import { type Hashing, releaseFor } from "../../src/fleet/judgement.ts";
import { step } from "../../src/fleet/step.ts";
import type { Step } from "../../src/fleet/steps/turn.ts";

export interface MemoryFleetOutlet {
  decided(records: readonly FleetRecord[], alerts: readonly Alert[]): void;
}

/** All times are in ms since 1970. */
export class MemoryFleet {
  fleet: Fleet = EMPTY_FLEET;
  readonly devices = new Map<string, Device>();
  readonly #hashing: Hashing;
  readonly #outlet: MemoryFleetOutlet;
  /** By the fleet's own time. */
  readonly #deadlines = new DeadlineQueue<string>();

  constructor(hashing: Hashing, outlet: MemoryFleetOutlet) {
    this.#hashing = hashing;
    this.#outlet = outlet;
  }

  /** Why it was not done; undefined where it was. */
  act(action: FleetAction, person: string, now: number): Refusal | undefined {
    return this.step(undefined, { kind: "acted", actor: { person }, action }, now).refused;
  }

  step(id: string | undefined, event: FleetEvent, now: number): Step {
    const before = id === undefined ? undefined : this.devices.get(id);
    const stepped = step(this.#hashing, this.fleet, before, event, now);
    this.fleet = stepped.fleet;
    if (id !== undefined) this.#keep(id, stepped.device);
    this.#outlet.decided(stepped.records, stepped.alerts);
    for (const rollout of stepped.sweep) this.#sweep(rollout, now);
    return stepped;
  }

  /** Time alone, and what was counted meanwhile. */
  pass(now: number, counts: FleetCounts = {}): void {
    this.step(undefined, { kind: "ticked", counts }, now);
    for (let id = this.#takeDue(); id !== undefined; id = this.#takeDue()) this.step(id, { kind: "due" }, now);
  }

  #takeDue(): string | undefined {
    return this.#deadlines.takeDue(instant(this.fleet.clock.time));
  }

  #keep(id: string, device: Device | undefined): void {
    if (device === undefined) this.devices.delete(id);
    else this.devices.set(id, device);
    const deadline = device?.assignment?.deadline;
    if (deadline === undefined) this.#deadlines.delete(id);
    else if (this.#deadlines.deadlineOf(id) !== deadline) this.#deadlines.set(id, instant(deadline));
  }

  #sweep(rollout: string, now: number): void {
    for (const [id, { assignment }] of this.devices) {
      if (assignment?.rollout === rollout) this.step(id, { kind: "due" }, now);
    }
  }

  /** Of a roll-out, as FleetCounts has it, where nobody opted out and its filter leaves nobody out. */
  remaining(name: string): number {
    const rollout = this.fleet.rollouts.get(name)!;
    let count = 0;
    for (const device of this.devices.values()) {
      const wasOffered = device.assignment?.rollout === name || device.past.some((past) => past.rollout === name);
      const release = releaseFor(this.fleet, rollout, device);
      if (device.product === rollout.plan.product && !wasOffered && device.running.sha256 !== release?.sha256) count++;
    }
    return count;
  }
}
