// One event on its way: what was decided so far, each change applied at once, so that what is decided next sees it.

import type { Alert } from "../alert.ts";
import type { Answer } from "../answer.ts";
import type { Assignment } from "../assignment.ts";
import { type Assigned, applied, UNASSIGNED } from "../change-application.ts";
import { clockAt } from "../clock.ts";
import type { Device } from "../device.ts";
import type { Fleet } from "../fleet.ts";
import type { FleetChange, FleetRecord } from "../fleet-record.ts";
import type { Refusal } from "../fleet-service.ts";
import { nextChange } from "../threshold.ts";

export interface Step {
  readonly fleet: Fleet;
  /** Undefined where there was none, or it is to be forgotten. */
  readonly device: Device | undefined;
  /** Of a check-in. */
  readonly answer: Answer | undefined;
  readonly records: readonly FleetRecord[];
  /** Those that were raised just now. */
  readonly alerts: readonly Alert[];
  /** Roll-outs whose running assignments are to be stepped now, each with `due`. */
  readonly sweep: readonly string[];
  /** Whether a download of this device is to be cut: its blocks are answered with 4.04 from now on. */
  readonly isCut: boolean;
  /** Why an action was not done; nothing changed then. */
  readonly refused: Refusal | undefined;
}

/** Changes that one event may bring about in roll-outs: each phase opens and ends once. */
const CHANGES_MAX = 64;

export class Turn {
  /** ms since 1970. */
  readonly now: number;
  /** The fleet's. */
  readonly time: number;
  device: Device | undefined;
  answer: Answer | undefined;
  isCut = false;
  refused: Refusal | undefined;
  #fleet: Fleet;
  readonly #records: FleetRecord[] = [];
  readonly #alerts: Alert[] = [];
  readonly #sweep = new Set<string>();

  constructor(fleet: Fleet, device: Device | undefined, now: number) {
    const clock = clockAt(fleet.clock, now);
    this.now = now;
    this.time = clock.time;
    this.device = device;
    this.#fleet = clock === fleet.clock ? fleet : { ...fleet, clock };
  }

  get fleet(): Fleet {
    return this.#fleet;
  }

  get assignment(): Assignment | undefined {
    return this.device?.assignment;
  }

  change(change: FleetChange): void {
    const own: Assigned = this.device ?? UNASSIGNED;
    const after = applied(this.#fleet, own, change, this.time);
    this.#fleet = after.fleet;
    if (this.device !== undefined && after.own !== own) {
      this.device = { ...this.device, assignment: after.own.assignment, past: after.own.past };
    }
    this.#records.push({ wall: this.now, time: this.time, device: this.device?.pseudonym, change });
    if (change.kind === "alertRaised") this.#alerts.push(change.alert);
  }

  /** Whatever follows in a roll-out from what was counted, until nothing does. */
  settle(name: string): void {
    for (let i = 0; i < CHANGES_MAX; i++) {
      const rollout = this.#fleet.rollouts.get(name);
      const next = rollout && nextChange(rollout, this.#fleet.clock);
      if (next === undefined) return;
      this.change(next);
      if (next.kind === "rollout" && next.state !== "done") this.sweep(name);
    }
  }

  sweep(rollout: string): void {
    this.#sweep.add(rollout);
  }

  finish(): Step {
    return {
      fleet: this.#fleet,
      device: this.device,
      answer: this.answer,
      records: this.#records,
      alerts: this.#alerts,
      sweep: [...this.#sweep],
      isCut: this.isCut,
      refused: this.refused,
    };
  }
}
