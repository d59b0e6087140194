// A server's registry: a thread of its own signs checkpoints and compares entries with their leaves, because both wait for a
// disk; what devices ask for is answered here, from what was signed.

import { Worker } from "node:worker_threads";
import type { LogHead, Unavailable } from "../../firmware/releases.ts";
import { EntryKind } from "../../registry/log-entry.ts";
import type { Tile } from "../../registry/tile.ts";
import type { PublishedLog } from "../../registry-store/published-log.ts";
import type { ServedLog } from "../../server/log-resource.ts";
import { StoreError } from "../../store/store-error.ts";
import type { LogSource } from "./release-watch.ts";
import type { WitnessRound } from "./witness-rounds.ts";

/** Whatever a manifest can be entered as. */
const MANIFEST_KINDS = [EntryKind.RELEASE, EntryKind.WAY_BACK_SEALED, EntryKind.WAY_BACK_OPENED];

/** Answers from what was signed, and wakes the thread that signs where something was not. */
export class RegistryWatch implements LogSource, ServedLog {
  readonly #log: PublishedLog;
  readonly #signer: Pick<RegistryThread, "wake"> | undefined;
  /** What was there at the start is compared once, signed or not. */
  #isFirst = true;

  constructor(log: PublishedLog, signer?: Pick<RegistryThread, "wake">) {
    this.#log = log;
    this.#signer = signer;
  }

  /** Throws StoreError where the file cannot be read; so does `refresh`. */
  proof(digest: Uint8Array): Uint8Array | undefined {
    return this.#log.proofFor(digest, MANIFEST_KINDS);
  }

  head(): LogHead | undefined {
    return this.#log.checkpoint;
  }

  refresh(): boolean {
    const isNew = this.#log.refresh();
    const isThere = this.#isFirst && this.#log.checkpoint !== undefined;
    this.#isFirst = false;
    // What another process has signed, witnesses have perhaps not seen yet.
    if (isThere || isNew || this.#log.unsignedCount > 0) this.#signer?.wake();
    return isNew;
  }

  note(): string | undefined {
    return this.#log.note();
  }

  tile(tile: Tile): Uint8Array | Unavailable | undefined {
    return orUnavailable(() => this.#log.tile(tile));
  }

  proofText(index: number): string | Unavailable | undefined {
    return orUnavailable(() => this.#log.proofText(index));
  }

  consistencyText(old: number): string | Unavailable | undefined {
    return orUnavailable(() => this.#log.consistencyText(old));
  }
}

function orUnavailable<Value>(read: () => Value): Value | Unavailable {
  try {
    return read();
  } catch (error) {
    // Whoever asks the file each second says so.
    if (error instanceof StoreError) return "unavailable";
    throw error;
  }
}

export type FromRegistryWorker =
  /** Nothing is entered or signed any more. */
  | { readonly kind: "broken"; readonly reason: string }
  /** These witnesses have not signed the newest checkpoint. */
  | { readonly kind: "unwitnessed"; readonly refusals: WitnessRound["refusals"] };

/** After which witnesses are asked again that have not signed. */
export const WITNESS_RETRY_MS = 60_000;

export interface RegistryThreadOutlet {
  broken(reason: string): void;
  /** A witness has not signed the newest checkpoint, and is asked again; said once for each reason. */
  unwitnessed(reason: string): void;
  failed(error: unknown): void;
}

export interface RegistryWorkerData {
  readonly directory: string;
  /** Whether to compare entries with the hashes of their leaves besides. */
  readonly checksEntries: boolean;
}

/** A thread that signs while there is something to sign: its memory is worth a thousand sessions. */
export class RegistryThread {
  readonly #directory: string;
  #outlet: RegistryThreadOutlet | undefined;
  #worker: Worker | undefined;
  #isBroken = false;
  #isChecked = false;
  #retry: NodeJS.Timeout | undefined;
  /** What was said of witnesses in the last round. */
  #toldReasons: readonly string[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  start(outlet: RegistryThreadOutlet): void {
    this.#outlet = outlet;
  }

  /** There is something to sign, or to compare. */
  wake(): void {
    const outlet = this.#outlet;
    if (outlet === undefined || this.#worker !== undefined || this.#isBroken) return;
    const workerData: RegistryWorkerData = { directory: this.#directory, checksEntries: !this.#isChecked };
    const worker = new Worker(new URL("./registry-worker.js", import.meta.url), { workerData });
    worker.on("message", (message: FromRegistryWorker) => {
      if (message.kind === "unwitnessed") return this.#askAgain(outlet, message.refusals);
      this.#isBroken = true;
      outlet.broken(message.reason);
    });
    worker.on("error", (error) => outlet.failed(error));
    worker.on("exit", () => {
      this.#worker = undefined;
    });
    this.#worker = worker;
    this.#isChecked = true;
  }

  #askAgain(outlet: RegistryThreadOutlet, refusals: WitnessRound["refusals"]): void {
    const reasons = refusals.map(({ url, reason }) => `${url}: ${reason}`);
    for (const reason of reasons) if (!this.#toldReasons.includes(reason)) outlet.unwitnessed(reason);
    this.#toldReasons = reasons;
    clearTimeout(this.#retry);
    if (reasons.length === 0) return;
    this.#retry = setTimeout(() => this.wake(), WITNESS_RETRY_MS);
    this.#retry.unref();
  }

  /** When what it is at is done. */
  close(): Promise<void> {
    this.#outlet = undefined;
    clearTimeout(this.#retry);
    const worker = this.#worker;
    if (worker === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      worker.once("exit", () => resolve());
      worker.postMessage("close");
    });
  }
}
