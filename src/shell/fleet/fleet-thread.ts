// The fleet on a thread of its own: no datagram waits for its database. What devices say goes over as plain data.

import { Worker } from "node:worker_threads";
import type { Alert } from "../../fleet/alert.ts";
import type { FleetRecord } from "../../fleet/fleet-record.ts";
import type { FleetInput, FleetOutput } from "../../fleet-store/fleet-intake.ts";
import { FleetPresence } from "../../fleet-store/fleet-presence.ts";

export type ToFleetWorker =
  | { readonly kind: "take"; readonly number: number; readonly inputs: readonly FleetInput[] }
  | "close";

export type FromFleetWorker =
  | { readonly kind: "took"; readonly number: number; readonly outputs: readonly FleetOutput[] }
  /** None of what was to be taken is. */
  | { readonly kind: "lost"; readonly number: number; readonly reason: string }
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
  resolve(outputs: readonly FleetOutput[] | string): void;
  reject(error: unknown): void;
}

export class FleetThread implements FleetSink {
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
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const number = ++this.#number;
    const worker = this.#worker ?? this.#wake();
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      worker.postMessage({ kind: "take", number, inputs } satisfies ToFleetWorker);
    });
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
    waiting?.resolve(message.kind === "took" ? message.outputs : message.reason);
  }
}
