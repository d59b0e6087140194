// What the HTTP API and the command line ask of a fleet, whoever keeps it: the store in a data directory, or another server's
// API. All of it is plain data, so that it can go through JSON.

import type { Result } from "../base/result.ts";
import type { Alert, AlertRule } from "./alert.ts";
import type { Device } from "./device.ts";
import type { FleetAction } from "./fleet-action.ts";
import type { Actor } from "./fleet-event.ts";
import type { FleetRecord } from "./fleet-record.ts";
import type { FleetRelease, Group, Product } from "./product.ts";
import type { Rollout } from "./rollout.ts";

/** Devices of one answer. */
export const DEVICE_PAGE_MAX = 1_000;
/** Records of one answer. */
export const RECORD_PAGE_MAX = 1_000;

export interface DeviceQuery {
  /** A filter, see filter.ts; every device when absent. */
  readonly where?: string | undefined;
  /** Of these products alone; of all of them when absent. */
  readonly products?: readonly string[] | undefined;
  /** The id of the device before, in the order of ids; from the first when absent. */
  readonly after?: string | undefined;
  /** 1 to DEVICE_PAGE_MAX. */
  readonly limit: number;
}

export interface DevicePage {
  readonly devices: readonly Device[];
  /** What to give as `after` for those that follow; absent with the last. */
  readonly next?: string | undefined;
}

export interface ShownDevice {
  readonly device: Device;
  /** For each roll-out that could be for it, why it gets it, waits or does not, in sentences; the first one goes first. */
  readonly reasons: readonly string[];
}

export interface NumberedRecord {
  /** From 1, without gaps, in the order of the commits. */
  readonly number: number;
  readonly record: FleetRecord;
}

export type RefusalKind =
  /** There is no such thing. */
  | "unknown"
  /** A filter, a window, a name that cannot be read. */
  | "invalid"
  /** It may not be done as things stand. */
  | "refused"
  /** The store cannot be read or written now. */
  | "unavailable";

/** Why something was not done, or cannot be. */
export interface Refusal {
  readonly kind: RefusalKind;
  /** One line that says what to do. */
  readonly reason: string;
}

export interface FleetService {
  /** Does what an operator wants; it is recorded and entered in the registry when this resolves. `device` for device actions. */
  act(actor: Actor, action: FleetAction, device?: string): Promise<Result<void, Refusal>>;
  products(): Promise<Result<readonly Product[], Refusal>>;
  groups(): Promise<Result<readonly Group[], Refusal>>;
  /** Of one product, or of all of them. */
  releases(product?: string): Promise<Result<readonly FleetRelease[], Refusal>>;
  /** In the order of their making. */
  rollouts(): Promise<Result<readonly Rollout[], Refusal>>;
  rollout(name: string): Promise<Result<Rollout, Refusal>>;
  devices(query: DeviceQuery): Promise<Result<DevicePage, Refusal>>;
  device(id: string): Promise<Result<ShownDevice, Refusal>>;
  alertRules(): Promise<Result<readonly AlertRule[], Refusal>>;
  /** Those that stand. */
  alerts(): Promise<Result<readonly Alert[], Refusal>>;
  /** At most `limit` records with a number above `after`. Asked often, and cheap where nothing is new. */
  changes(after: number, limit: number): Promise<Result<readonly NumberedRecord[], Refusal>>;
  /** The number of the newest record; 0 before the first. */
  newest(): Promise<Result<number, Refusal>>;
  close(): Promise<void>;
}
