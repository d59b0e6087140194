// The thread that signs a checkpoint: at once, or when the last one is a minute old; and then has witnesses sign it. Meanwhile it
// compares entries with the hashes of their leaves, where it is told to, and then it ends. Its messages are in registry-keeper.ts.

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../base/assert.ts";
import { openDecisionFile } from "../../registry-store/decision-file.ts";
import { PublishedLog } from "../../registry-store/published-log.ts";
import { Registry } from "../../registry-store/registry.ts";
import { StoreError } from "../../store/store-error.ts";
import { ownKey } from "../../trust-store/own-key.ts";
import { TrustStore, type Witness } from "../../trust-store/trust-store.ts";
import { systemCrypto } from "../system-crypto.ts";
import type { FromRegistryWorker, RegistryWorkerData } from "./registry-keeper.ts";
import { WitnessRounds } from "./witness-rounds.ts";

/** How often it looks whether something may be signed. */
const LOOK_INTERVAL_MS = 1_000;

/** Between two tiles of entries that are compared: a million take two minutes, and nobody notices. */
const CHECK_INTERVAL_MS = 20;

const port = parentPort;
assert(port !== null, "started as a thread");
const { directory, checksEntries } = workerData as RegistryWorkerData;
const crypto = systemCrypto();
const say = (message: FromRegistryWorker) => port.postMessage(message);

class Signer {
  readonly #file = openDecisionFile(directory);
  readonly #registry = Registry.open(this.#file, crypto);
  readonly #key = ownKey(directory, "log", crypto);
  readonly #entries = checksEntries ? this.#registry.checkEntries() : undefined;
  readonly #timers = [
    setInterval(() => this.#attempt(() => this.#look()), LOOK_INTERVAL_MS),
    setInterval(() => this.#attempt(() => this.#checkSome()), CHECK_INTERVAL_MS),
  ];
  readonly #rounds = new WitnessRounds(this.#registry, crypto, new PublishedLog(this.#registry, crypto));
  #isSigned = false;
  #isChecked = false;
  /** Every witness has been asked, whatever it said. */
  #isWitnessed = false;
  #isClosed = false;

  constructor() {
    this.#attempt(() => this.#look());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#file.close();
    port!.close();
  }

  #look(): void {
    if (this.#isSigned) return;
    this.#isSigned = this.#registry.sign(this.#key, Date.now()).kind !== "tooSoon";
    if (this.#isSigned) void this.#askWitnesses();
  }

  async #askWitnesses(): Promise<void> {
    try {
      const { refusals } = await this.#rounds.ask(witnessesIn(directory));
      if (this.#isClosed) return;
      say({ kind: "unwitnessed", refusals });
    } catch (error) {
      if (this.#isClosed) return;
      // A disk that may be better in a minute.
      if (!(error instanceof StoreError)) throw error;
      say({ kind: "unwitnessed", refusals: [{ url: directory, reason: error.message }] });
    }
    this.#isWitnessed = true;
    this.#endWhenDone();
  }

  #checkSome(): void {
    if (this.#isChecked || this.#entries?.next().done === false) return;
    this.#isChecked = true;
    if (this.#registry.fault !== undefined) this.#tell(this.#registry.fault);
    else this.#endWhenDone();
  }

  #endWhenDone(): void {
    if (this.#isSigned && this.#isChecked && this.#isWitnessed) this.close();
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
    say({ kind: "broken", reason });
    this.close();
  }
}

function witnessesIn(dataDirectory: string): readonly Witness[] {
  const store = TrustStore.open(dataDirectory);
  try {
    return store.witnesses();
  } finally {
    store.close();
  }
}

const signer = new Signer();
port.on("message", () => signer.close());
