// The thread that signs checkpoints: a minute after the last one where something was entered since, at once where the last is
// older. Between that it compares entries with the hashes of their leaves, once. Its message is in registry-keeper.ts.

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../base/assert.ts";
import { openDecisionFile } from "../../registry-store/decision-file.ts";
import { Registry } from "../../registry-store/registry.ts";
import { StoreError } from "../../store/store-error.ts";
import { ownKey } from "../../trust-store/own-key.ts";
import { systemCrypto } from "../system-crypto.ts";
import type { FromRegistryWorker } from "./registry-keeper.ts";

/** How often it looks whether something was entered. */
const LOOK_INTERVAL_MS = 1_000;

/** Between two tiles of entries that are compared: a million take two minutes, and nobody notices. */
const CHECK_INTERVAL_MS = 20;

const port = parentPort;
assert(port !== null, "started as a thread");
const directory = workerData as string;
const crypto = systemCrypto();

class Signer {
  readonly #file = openDecisionFile(directory);
  readonly #registry = Registry.open(this.#file, crypto);
  readonly #key = ownKey(directory, "log", crypto);
  readonly #entries = this.#registry.checkEntries();
  readonly #timers = [
    setInterval(() => this.#attempt(() => this.#look()), LOOK_INTERVAL_MS),
    setInterval(() => this.#attempt(() => this.#checkSome()), CHECK_INTERVAL_MS),
  ];
  /** Whether there may be something to sign. */
  #isDue = true;
  #isBroken = false;

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#file.close();
  }

  #look(): void {
    if (this.#file.changedElsewhere()) this.#isDue = true;
    if (!this.#isDue || this.#isBroken) return;
    this.#isDue = this.#registry.sign(this.#key, Date.now()).kind === "tooSoon";
  }

  #checkSome(): void {
    if (this.#entries.next().done !== true) return;
    clearInterval(this.#timers[1]);
    if (this.#registry.fault !== undefined) this.#tell(this.#registry.fault);
  }

  /** A disk that is full or a file that is locked may be better in a second. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.code === "registryBroken") this.#tell(error.message);
    }
  }

  #tell(reason: string): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    port!.postMessage({ kind: "broken", reason } satisfies FromRegistryWorker);
  }
}

const signer = new Signer();
port.on("message", () => {
  signer.close();
  port.close();
});
