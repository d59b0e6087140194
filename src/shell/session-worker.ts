// The thread that has the session store: no datagram waits for a disk. Its messages are in session-saver.ts.

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../base/assert.ts";
import { SessionStore, type StoredSession } from "../session-store/session-store.ts";
import { StoreError } from "../store/store-error.ts";
import type { FromSessionWorker, SessionWorkerData, ToSessionWorker } from "./session-saver.ts";
import { SystemRandom } from "./system-random.ts";

/** Sessions in one message. */
const STORED_COUNT_MAX = 1_000;

const port = parentPort;
assert(port !== null, "started as a thread");
const say = (message: FromSessionWorker) => port.postMessage(message);

function openStore(): SessionStore | undefined {
  try {
    return SessionStore.open({ ...(workerData as SessionWorkerData), random: new SystemRandom() });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    say({ kind: "unavailable", reason: error.message });
    return undefined;
  }
}

function tellStored(store: SessionStore): void {
  let damagedCount = 0;
  let sessions: StoredSession[] = [];
  for (const one of store.stored()) {
    if (one === "damaged") damagedCount++;
    else sessions.push(one);
    if (sessions.length < STORED_COUNT_MAX) continue;
    say({ kind: "stored", sessions });
    sessions = [];
  }
  say({ kind: "stored", sessions });
  const { loss, removal } = store;
  say({ kind: "opened", loss, damagedCount, removal, cookieSecret: store.cookieSecret() });
}

function save(store: SessionStore, { sessions, ended, removal }: ToSessionWorker): void {
  try {
    store.save(sessions, ended, removal);
    say({ kind: "saved" });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    store.forget();
    say({ kind: "lost", reason: error.message });
  } finally {
    for (const { bytes } of sessions) bytes.fill(0);
  }
}

const store = openStore();
if (store !== undefined) {
  tellStored(store);
  port.on("message", (message: ToSessionWorker | "close") => {
    if (message !== "close") return save(store, message);
    store.close();
    port.close();
  });
}
