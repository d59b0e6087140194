// A fleet that does as it is told and decides nothing: for what stands before the decisions, who asks and what is passed on.

import { failed, ok, type Result } from "../../src/base/result.ts";
import type { Device } from "../../src/fleet/device.ts";
import type { FleetAction } from "../../src/fleet/fleet-action.ts";
import type { Actor } from "../../src/fleet/fleet-event.ts";
import type {
  DevicePage,
  DeviceQuery,
  FleetService,
  NumberedRecord,
  Refusal,
  ShownDevice,
} from "../../src/fleet/fleet-service.ts";
import type { Group, Product } from "../../src/fleet/product.ts";
import { ROLLOUT_DEFAULTS, type Rollout } from "../../src/fleet/rollout.ts";

export const NOW = 1_700_000_000_000;

export class PlainFleet implements FleetService {
  readonly acted: { readonly person: string; readonly action: FleetAction; readonly device: string | undefined }[] = [];
  readonly #records: NumberedRecord[] = [];
  readonly #devices = ["pump-1", "pump-2", "valve-1"].map((id) => deviceNamed(id, id.split("-")[0]!));
  readonly #rollouts = [rolloutOf("spring", "pump"), rolloutOf("summer", "valve")];
  readonly #products: Product[] = ["pump", "valve"].map(productNamed);
  readonly #groups: Group[] = [{ name: "canary", where: "product = pump" }];
  /** What the next act is refused with. */
  refusal: Refusal | undefined;

  async act({ person }: Actor, action: FleetAction, device?: string): Promise<Result<void, Refusal>> {
    if (this.refusal !== undefined) return failed(this.refusal);
    this.acted.push({ person, action, device });
    if (action.kind === "rolloutCreate") this.#rollouts.push(rolloutOf(action.draft.name, action.draft.product));
    if (action.kind === "productSet") {
      const found = this.#products.findIndex(({ name }) => name === action.product);
      const { approvals = 0 } = action.change;
      this.#products[found] = { ...this.#products[found]!, approvals };
    }
    this.happens({ kind: "acted", person, action });
    return ok(undefined);
  }

  /** A record that everybody who listens hears of. */
  happens(change: NumberedRecord["record"]["change"]): void {
    const record = { wall: NOW, time: 0, device: undefined, change };
    this.#records.push({ number: this.#records.length + 1, record });
  }

  async products() {
    return ok(this.#products);
  }

  async groups() {
    return ok(this.#groups);
  }

  async releases() {
    return ok([]);
  }

  async rollouts() {
    return ok(this.#rollouts);
  }

  async rollout(name: string): Promise<Result<Rollout, Refusal>> {
    const found = this.#rollouts.find(({ plan }) => plan.name === name);
    return found ? ok(found) : failed({ kind: "unknown", reason: `there is no roll-out ${name}` });
  }

  async devices({ after = "", limit, products }: DeviceQuery): Promise<Result<DevicePage, Refusal>> {
    const all = this.#devices.filter(({ id, product }) => id > after && products?.includes(product) !== false);
    const devices = all.slice(0, limit);
    const next = all.length > limit ? devices.at(-1)?.id : undefined;
    return ok({ devices, next });
  }

  async device(id: string): Promise<Result<ShownDevice, Refusal>> {
    const device = this.#devices.find((one) => one.id === id);
    return device ? ok({ device, reasons: [] }) : failed({ kind: "unknown", reason: `there is no device ${id}` });
  }

  async alertRules() {
    return ok([]);
  }

  async alerts() {
    return ok([]);
  }

  async changes(after: number, limit: number) {
    return ok(this.#records.slice(after, after + limit));
  }

  async newest() {
    return ok(this.#records.length);
  }

  async close() {}
}

function productNamed(name: string): Product {
  return { name, offer: "newest", comeAgainSeconds: 60, approvals: 0, needsRehearsal: false, supportEndsAt: undefined };
}

function deviceNamed(id: string, product: string): Device {
  return {
    id,
    pseudonym: id,
    product,
    class: undefined,
    attributes: {},
    running: { sequenceNumber: 1, version: "1.0", sha256: undefined, slot: 0 },
    firstContactAt: NOW,
    lastContactAt: NOW,
    scheme: "coaps",
    cell: undefined,
    radioLevel: undefined,
    uptimeSeconds: undefined,
    boots: undefined,
    link: undefined,
    transfer: undefined,
    report: undefined,
    consent: undefined,
    isOptedOut: false,
    postponedUntil: undefined,
    assignment: undefined,
    past: [],
  };
}

function rolloutOf(name: string, product: string): Rollout {
  return {
    plan: {
      ...ROLLOUT_DEFAULTS,
      name,
      product,
      version: "2.0",
      group: undefined,
      where: undefined,
      phases: [{ kind: "share", share: 1 }],
      downloadWindow: undefined,
      installWindow: undefined,
      perCell: undefined,
      pace: undefined,
    },
    author: "anna",
    createdAt: NOW,
    approvalsNeeded: 0,
    approvals: [],
    needsRehearsal: false,
    hasRehearsed: false,
    state: "draft",
    reason: undefined,
    startedAt: undefined,
    endedAt: undefined,
    phases: [],
    phase: -1,
    eligible: undefined,
    back: { offered: 0, confirmed: 0, failed: 0 },
    succeededBy: undefined,
    tokens: 0,
    tokensAt: 0,
  };
}
