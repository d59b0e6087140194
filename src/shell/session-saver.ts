// The session store on a thread of its own, and what goes to and fro.

import { readFileSync, statfsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { SessionLoss, SessionStoreInput, SessionToStore, StoredSession } from "../session-store/session-store.ts";
import type { SessionSource, SessionsStored } from "./session-keeper.ts";

export type SessionWorkerData = Omit<SessionStoreInput, "random">;

/** Changes to store: one `saved` or `lost` answers them. */
export interface ToSessionWorker {
  readonly sessions: readonly SessionToStore[];
  readonly ended: readonly number[];
  readonly removal: number;
}

export type FromSessionWorker =
  | { readonly kind: "stored"; readonly sessions: readonly StoredSession[] }
  | {
      readonly kind: "opened";
      readonly loss: SessionLoss | undefined;
      readonly damagedCount: number;
      readonly removal: number;
      readonly cookieSecret: Uint8Array;
    }
  /** Nothing is stored by this process, and nothing taken up. */
  | { readonly kind: "unavailable"; readonly reason: string }
  | { readonly kind: "saved" }
  | { readonly kind: "lost"; readonly reason: string };

/** Where processes of one start of the machine share memory on Linux. */
const SHARED_MEMORY = "/dev/shm";
const TMPFS_MAGIC = 0x0102_1994;

/** Why sessions of this process cannot outlive it. */
export class SessionsUnavailable extends Error {
  override readonly name = "SessionsUnavailable";
}

export class SessionSaver implements SessionSource {
  readonly stored: SessionsStored;
  readonly #worker: Worker;
  #answer: ((outcome: FromSessionWorker) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  /** What ended the thread, as nothing should. */
  #failure: Error | undefined;

  /** Opens the store of the data directory. Rejects with SessionsUnavailable. */
  static async open(directory: string): Promise<SessionSaver> {
    const workerData: SessionWorkerData = { directory, markDirectory: markDirectory(), machineStart: machineStart() };
    const worker = new Worker(new URL("./session-worker.js", import.meta.url), { workerData });
    try {
      return new SessionSaver(worker, await storedBy(worker));
    } catch (error) {
      await worker.terminate();
      throw error;
    }
  }

  private constructor(worker: Worker, stored: SessionsStored) {
    this.#worker = worker;
    this.stored = stored;
    worker.on("message", (message: FromSessionWorker) => this.#answer?.(message));
    worker.on("error", (error) => {
      this.#failure = error;
      this.#reject?.(error);
    });
  }

  /** Resolves when the changes are stored; with a reason when nothing that ever was stored will be taken up. */
  save(changes: ToSessionWorker): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      this.#answer = (message) => resolve(message.kind === "lost" ? message.reason : undefined);
      this.#reject = reject;
      if (this.#failure === undefined) this.#worker.postMessage(changes);
      else reject(this.#failure);
    });
  }

  /** When all that was asked for is done. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#failure !== undefined) return resolve();
      this.#worker.once("exit", () => resolve());
      this.#worker.postMessage("close");
    });
  }
}

function storedBy(worker: Worker): Promise<SessionsStored> {
  return new Promise((resolve, reject) => {
    const sessions: StoredSession[] = [];
    const hear = (message: FromSessionWorker) => {
      if (message.kind === "stored") for (const one of message.sessions) sessions.push(one);
      if (message.kind === "unavailable") reject(new SessionsUnavailable(message.reason));
      if (message.kind !== "opened") return;
      worker.off("message", hear);
      worker.off("error", reject);
      resolve({ ...message, sessions });
    };
    worker.on("message", hear);
    worker.on("error", reject);
  });
}

/** Memory alone is certain to be lost when the machine starts anew, and stands in no backup. */
function markDirectory(): string {
  try {
    if (statfsSync(SHARED_MEMORY).type === TMPFS_MAGIC) return SHARED_MEMORY;
  } catch {
    // There is none.
  }
  throw new SessionsUnavailable(`there is no memory at ${SHARED_MEMORY} that processes share`);
}

function machineStart(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    throw new SessionsUnavailable("the system does not say which start of the machine this is");
  }
}
