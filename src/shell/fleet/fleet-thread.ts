// The fleet on a thread of its own: no datagram waits for its database. What is asked of it goes over as plain data, and comes
// back in any order.

import { Worker } from "node:worker_threads";
import { failed, type Result } from "../../base/result.ts";
import type { Alert, AlertRule } from "../../fleet/alert.ts";
import type { FleetAction } from "../../fleet/fleet-action.ts";
import type { Actor } from "../../fleet/fleet-event.ts";
import type { FleetRecord } from "../../fleet/fleet-record.ts";
import type {
  DevicePage,
  DeviceQuery,
  FleetService,
  NumberedRecord,
  Refusal,
  ShownDevice,
} from "../../fleet/fleet-service.ts";
import type { FleetRelease, Group, Product } from "../../fleet/product.ts";
import type { Rollout } from "../../fleet/rollout.ts";
import type { FleetInput, FleetOutput } from "../../fleet-store/fleet-intake.ts";
import { FleetPresence } from "../../fleet-store/fleet-presence.ts";

/** What people and programs may have asked that is not answered yet; of more, each is refused at once. */
export const CALLS_WAITING_MAX = 1_024;

export type FleetMethod = Exclude<keyof FleetService, "close">;

export type ToFleetWorker =
  | { readonly kind: "take"; readonly number: number; readonly inputs: readonly FleetInput[] }
  | { readonly kind: "call"; readonly number: number; readonly method: FleetMethod; readonly args: readonly unknown[] }
  | "close";

export type FromFleetWorker =
  | { readonly kind: "took"; readonly number: number; readonly outputs: readonly FleetOutput[] }
  /** None of what was to be taken is. */
  | { readonly kind: "lost"; readonly number: number; readonly reason: string }
  | { readonly kind: "returned"; readonly number: number; readonly value: unknown }
  | { readonly kind: "decided"; readonly records: readonly FleetRecord[]; readonly alerts: readonly Alert[] };

/** Where what devices say goes: resolves with a reason where the disk is to blame, rejects with what is our own mistake. */
export interface FleetSink {
  /** Whether anybody has a fleet in memory: what is not worth waking it for is not said before. */
  readonly isAwake: boolean;
  /** Tells of what was committed from now on. */
  start(decided: (records: readonly FleetRecord[], alerts: readonly Alert[]) => void): void;
  take(inputs: readonly FleetInput[]): Promise<readonly FleetOutput[] | string>;
  /** Once a second. */
  look(): void;
  close(): Promise<void>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class FleetThread implements FleetSink, FleetService {
  readonly #directory: string;
  readonly #presence: FleetPresence;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #failure: unknown;
  #number = 0;
  #isClosed = false;
  #decided: (records: readonly FleetRecord[], alerts: readonly Alert[]) => void = () => {};

  /** Throws StoreError, as openDecisionFile does. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#presence = FleetPresence.open(directory);
  }

  get isAwake(): boolean {
    return this.#worker !== undefined;
  }

  start(decided: (records: readonly FleetRecord[], alerts: readonly Alert[]) => void): void {
    this.#decided = decided;
  }

  /** A thread takes memory worth a thousand sessions: it begins when there is a fleet, or somebody asks for one. */
  look(): void {
    if (this.#worker === undefined && !this.#isClosed && this.#presence.appeared()) this.#wake();
  }

  take(inputs: readonly FleetInput[]): Promise<readonly FleetOutput[] | string> {
    return this.#ask((number) => ({ kind: "take", number, inputs })) as Promise<readonly FleetOutput[] | string>;
  }

  act(actor: Actor, action: FleetAction, device?: string): Promise<Result<void, Refusal>> {
    return this.#call("act", actor, action, device);
  }

  products(): Promise<Result<readonly Product[], Refusal>> {
    return this.#call("products");
  }

  groups(): Promise<Result<readonly Group[], Refusal>> {
    return this.#call("groups");
  }

  releases(product?: string): Promise<Result<readonly FleetRelease[], Refusal>> {
    return this.#call("releases", product);
  }

  rollouts(): Promise<Result<readonly Rollout[], Refusal>> {
    return this.#call("rollouts");
  }

  rollout(name: string): Promise<Result<Rollout, Refusal>> {
    return this.#call("rollout", name);
  }

  devices(query: DeviceQuery): Promise<Result<DevicePage, Refusal>> {
    return this.#call("devices", query);
  }

  device(id: string): Promise<Result<ShownDevice, Refusal>> {
    return this.#call("device", id);
  }

  alertRules(): Promise<Result<readonly AlertRule[], Refusal>> {
    return this.#call("alertRules");
  }

  alerts(): Promise<Result<readonly Alert[], Refusal>> {
    return this.#call("alerts");
  }

  changes(after: number, limit: number): Promise<Result<readonly NumberedRecord[], Refusal>> {
    return this.#call("changes", after, limit);
  }

  newest(): Promise<Result<number, Refusal>> {
    return this.#call("newest");
  }

  /** When all that was asked for is done. */
  close(): Promise<void> {
    if (!this.#isClosed) this.#presence.close();
    this.#isClosed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined || this.#failure !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      worker.once("exit", () => resolve());
      worker.postMessage("close" satisfies ToFleetWorker);
    });
  }

  #call<Value>(method: FleetMethod, ...args: readonly unknown[]): Promise<Result<Value, Refusal>> {
    if (this.#waiting.size >= CALLS_WAITING_MAX || this.#isClosed) {
      const reason = "the server has more to do than it can: try again in a while";
      return Promise.resolve(failed({ kind: "unavailable", reason }));
    }
    return this.#ask((number) => ({ kind: "call", number, method, args })) as Promise<Result<Value, Refusal>>;
  }

  #ask(message: (number: number) => ToFleetWorker): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const number = ++this.#number;
    const worker = this.#worker ?? this.#wake();
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      worker.postMessage(message(number));
    });
  }

  #wake(): Worker {
    const worker = new Worker(new URL("./fleet-worker.js", import.meta.url), { workerData: this.#directory });
    worker.on("message", (message: FromFleetWorker) => this.#handle(message));
    worker.on("error", (error) => {
      this.#failure = error;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
    this.#worker = worker;
    return worker;
  }

  #handle(message: FromFleetWorker): void {
    if (message.kind === "decided") return this.#decided(message.records, message.alerts);
    const waiting = this.#waiting.get(message.number);
    this.#waiting.delete(message.number);
    if (message.kind === "took") waiting?.resolve(message.outputs);
    else waiting?.resolve(message.kind === "lost" ? message.reason : message.value);
  }
}
