// The fleet of a data directory, as the API and the command line ask for it. A server has it on a thread of its own; a command
// beside a server has one too, for all that they share is the file.

import { assert } from "../base/assert.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { Alert, AlertRule } from "../fleet/alert.ts";
import { explain } from "../fleet/explanation.ts";
import { filterFaultText, parseFilter } from "../fleet/filter-parser.ts";
import type { FleetAction } from "../fleet/fleet-action.ts";
import type { Actor } from "../fleet/fleet-event.ts";
import type { FleetRecord } from "../fleet/fleet-record.ts";
import type {
  DevicePage,
  DeviceQuery,
  FleetService,
  NumberedRecord,
  Refusal,
  ShownDevice,
} from "../fleet/fleet-service.ts";
import { DEVICE_PAGE_MAX, RECORD_PAGE_MAX } from "../fleet/fleet-service.ts";
import type { FleetRelease, Group, Product } from "../fleet/product.ts";
import { decodeFleetRecord } from "../fleet/record-codec.ts";
import type { Rollout } from "../fleet/rollout.ts";
import { StoreError } from "../store/store-error.ts";
import { devicesOf } from "./device-query.ts";
import { conditionOf } from "./filter-condition.ts";
import type { FleetBatch } from "./fleet-batch.ts";
import { FleetStore, type FleetStoreOutlet } from "./fleet-store.ts";
import { fleetReleases } from "./known-releases.ts";

export class StoredFleet implements FleetService {
  readonly #store: FleetStore;
  readonly #crypto: CryptoProvider;
  /** ms since 1970. */
  readonly #now: () => number;

  /** Throws StoreError, as FleetStore.open does. */
  static async open(directory: string, crypto: CryptoProvider, now: () => number): Promise<StoredFleet> {
    return new StoredFleet(await FleetStore.open(directory, crypto, UNHEARD), crypto, now);
  }

  constructor(store: FleetStore, crypto: CryptoProvider, now: () => number) {
    this.#store = store;
    this.#crypto = crypto;
    this.#now = now;
  }

  act(actor: Actor, action: FleetAction, device?: string): Promise<Result<void, Refusal>> {
    return this.#attempt(() =>
      this.#store.transact(this.#now(), async (batch) => {
        if (device !== undefined) await this.#store.hold(batch, [device]);
        if (device !== undefined && batch.deviceOf(device) === undefined) {
          return failed({ kind: "unknown", reason: `no device "${device}": narrowboat devices shows them` });
        }
        this.#store.learnReleases(batch, productOf(batch, action));
        const { refused } = batch.step(device, { kind: "acted", actor, action });
        return refused === undefined ? ok(undefined) : failed(refused);
      }),
    );
  }

  products(): Promise<Result<readonly Product[], Refusal>> {
    return this.#look(({ fleet }) => [...fleet.products.values()]);
  }

  groups(): Promise<Result<readonly Group[], Refusal>> {
    return this.#look(({ fleet }) => [...fleet.groups.values()]);
  }

  releases(product?: string): Promise<Result<readonly FleetRelease[], Refusal>> {
    return this.#look(() =>
      fleetReleases(this.#store.releases.list()).filter((one) => product === undefined || one.product === product),
    );
  }

  rollouts(): Promise<Result<readonly Rollout[], Refusal>> {
    return this.#look(({ fleet }) => [...fleet.rollouts.values()]);
  }

  rollout(name: string): Promise<Result<Rollout, Refusal>> {
    return this.#attempt(() =>
      this.#store.transact(this.#now(), async ({ fleet }) => {
        const rollout = fleet.rollouts.get(name);
        if (rollout !== undefined) return ok(rollout);
        return failed({ kind: "unknown", reason: `no roll-out "${name}": narrowboat rollout list shows them` });
      }),
    );
  }

  devices({ where, products, after, limit }: DeviceQuery): Promise<Result<DevicePage, Refusal>> {
    const filter = where === undefined ? undefined : parseFilter(where);
    if (filter?.ok === false) {
      return Promise.resolve(failed({ kind: "invalid", reason: filterFaultText(where!, filter.error) }));
    }
    const count = Math.max(1, Math.min(limit, DEVICE_PAGE_MAX));
    const condition = filter && conditionOf(filter.value, this.#now());
    return this.#attempt(() =>
      this.#store.read(async () => {
        // One more than is asked for tells whether any follow.
        const found = await devicesOf(this.#store.db, { condition, products }, after ?? "", count + 1);
        const devices = found.slice(0, count).map((device) => this.#store.latest(device));
        return ok(found.length > count ? { devices, next: devices.at(-1)!.id } : { devices });
      }),
    );
  }

  device(id: string): Promise<Result<ShownDevice, Refusal>> {
    return this.#attempt(() =>
      this.#store.transact(this.#now(), async (batch) => {
        await this.#store.hold(batch, [id]);
        const device = batch.deviceOf(id);
        if (device === undefined) {
          return failed({ kind: "unknown", reason: `no device "${id}": narrowboat devices shows them` });
        }
        return ok({ device, reasons: explain(this.#crypto, batch.fleet, device, this.#now()) });
      }),
    );
  }

  alertRules(): Promise<Result<readonly AlertRule[], Refusal>> {
    return this.#look(({ fleet }) => [...fleet.alertRules.values()]);
  }

  alerts(): Promise<Result<readonly Alert[], Refusal>> {
    return this.#look(({ fleet }) => [...fleet.alerts.values()]);
  }

  changes(after: number, limit: number): Promise<Result<readonly NumberedRecord[], Refusal>> {
    return this.#attempt(() =>
      this.#store.read(async () => {
        const rows = await this.#store.records.after(after, Math.max(1, Math.min(limit, RECORD_PAGE_MAX)));
        return ok(rows.map(({ number, bytes }) => ({ number, record: recordIn(bytes) })));
      }),
    );
  }

  newest(): Promise<Result<number, Refusal>> {
    return this.#attempt(() => this.#store.read(async () => ok(await this.#store.records.newest())));
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #look<Value>(read: (batch: FleetBatch) => Value): Promise<Result<Value, Refusal>> {
    return this.#attempt(() => this.#store.transact(this.#now(), async (batch) => ok(read(batch))));
  }

  async #attempt<Value>(work: () => Promise<Result<Value, Refusal>>): Promise<Result<Value, Refusal>> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StoreError) return failed({ kind: "unavailable", reason: error.message });
      throw error;
    }
  }
}

const UNHEARD: FleetStoreOutlet = { decided: () => {} };

/** Whose releases an action may be about. */
function productOf({ fleet }: FleetBatch, action: FleetAction): string | undefined {
  switch (action.kind) {
    case "productSet":
      return action.product;
    case "rolloutCreate":
      return action.draft.product;
    case "rolloutStart":
    case "rolloutResume":
    case "rolloutWayBack":
      return fleet.rollouts.get(action.name)?.plan.product;
    default:
      return undefined;
  }
}

function recordIn(bytes: Uint8Array): FleetRecord {
  const decoded = decodeFleetRecord(bytes);
  assert(decoded.ok, "a record is what this store wrote");
  return decoded.value;
}
