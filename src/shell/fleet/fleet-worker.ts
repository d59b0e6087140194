// The thread that the fleet lives on. Its messages are in fleet-thread.ts.

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../base/assert.ts";
import { FleetCounter } from "../../fleet-store/fleet-counter.ts";
import { FleetIntake } from "../../fleet-store/fleet-intake.ts";
import { FleetStore } from "../../fleet-store/fleet-store.ts";
import { FleetTime } from "../../fleet-store/fleet-time.ts";
import { StoreError } from "../../store/store-error.ts";
import { systemCrypto } from "../system-crypto.ts";
import type { FromFleetWorker, ToFleetWorker } from "./fleet-thread.ts";

/** How often the time is looked at, and the file for what others wrote. */
const LOOK_INTERVAL_MS = 1_000;

const port = parentPort;
assert(port !== null, "started as a thread");
const say = (message: FromFleetWorker) => port.postMessage(message);

interface OpenFleet {
  readonly store: FleetStore;
  readonly intake: FleetIntake;
  readonly time: FleetTime;
  readonly counter: FleetCounter;
}

class FleetWorker {
  #open: Promise<OpenFleet> | undefined;
  #isLooking = false;

  async take(number: number, inputs: Extract<ToFleetWorker, { kind: "take" }>["inputs"]): Promise<void> {
    try {
      const { intake } = await this.#fleet();
      say({ kind: "took", number, outputs: await intake.take(inputs, Date.now()) });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      say({ kind: "lost", number, reason: error.message });
    }
  }

  /** A disk that is full or a file that is locked may be better in a second. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const fleet = await this.#fleet();
      for (let isMoreDue = true; isMoreDue; ) isMoreDue = await this.#pass(fleet);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    } finally {
      this.#isLooking = false;
    }
  }

  async close(): Promise<void> {
    const fleet = await this.#open?.catch(() => undefined);
    await fleet?.store.close();
  }

  async #pass({ store, time, counter }: OpenFleet): Promise<boolean> {
    const now = Date.now();
    const counts = await store.read(() => counter.look(store.fleet, now));
    const { isMoreDue } = await time.pass(now, counts);
    // Others have their turn between two pieces.
    await new Promise((resolve) => setImmediate(resolve));
    return isMoreDue;
  }

  /** Opened when there is something to do, and again after it could not be. */
  #fleet(): Promise<OpenFleet> {
    this.#open ??= openFleet(workerData as string).catch((error: unknown) => {
      this.#open = undefined;
      throw error;
    });
    return this.#open;
  }
}

async function openFleet(directory: string): Promise<OpenFleet> {
  const store = await FleetStore.open(directory, systemCrypto(), {
    decided: (records, alerts) => {
      if (records.length > 0) say({ kind: "decided", records, alerts });
    },
  });
  return {
    store,
    intake: new FleetIntake(store),
    time: new FleetTime(store),
    counter: new FleetCounter(store.db),
  };
}

const fleet = new FleetWorker();
const timer = setInterval(() => void fleet.look(), LOOK_INTERVAL_MS);
port.on("message", (message: ToFleetWorker) => {
  if (message === "close") {
    clearInterval(timer);
    void fleet.close().then(() => port.close());
  } else void fleet.take(message.number, message.inputs);
});
