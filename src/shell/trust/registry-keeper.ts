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

/** Whatever a manifest can be entered as. */
const MANIFEST_KINDS = [EntryKind.RELEASE, EntryKind.WAY_BACK_SEALED, EntryKind.WAY_BACK_OPENED];

/** Answers from what was signed. */
export class RegistryWatch implements LogSource, ServedLog {
  readonly #log: PublishedLog;

  constructor(log: PublishedLog) {
    this.#log = log;
  }

  /** Throws StoreError where the file cannot be read; so does `refresh`. */
  proof(digest: Uint8Array): Uint8Array | undefined {
    return this.#log.proofFor(digest, MANIFEST_KINDS);
  }

  head(): LogHead | undefined {
    return this.#log.checkpoint;
  }

  refresh(): boolean {
    return this.#log.refresh();
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
  { readonly kind: "broken"; readonly reason: string };

export interface RegistryThreadOutlet {
  broken(reason: string): void;
  failed(error: unknown): void;
}

/** The thread that signs, from its start until close(). */
export class RegistryThread {
  readonly #directory: string;
  #worker: Worker | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  start(outlet: RegistryThreadOutlet): void {
    const worker = new Worker(new URL("./registry-worker.js", import.meta.url), { workerData: this.#directory });
    worker.on("message", ({ reason }: FromRegistryWorker) => outlet.broken(reason));
    worker.on("error", (error) => outlet.failed(error));
    worker.on("exit", () => {
      this.#worker = undefined;
    });
    this.#worker = worker;
  }

  /** When what it is at is done. */
  close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      worker.once("exit", () => resolve());
      worker.postMessage("close");
    });
  }
}
