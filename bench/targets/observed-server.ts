// node observed-server.js DATA: what `narrowboat serve --coap` serves, on free ports of 127.0.0.1, and what nobody can ask
// `serve`: how many entries each table holds, how much memory is in use after a collection, and what becomes of both when
// time passes. It is asked over the channel that child processes of Node.js have; it needs --expose-gc.

import { setTimeout as sleep } from "node:timers/promises";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { PskStore } from "../../psk/psk-store.ts";
import { keepHeapSmall } from "../../src/shell/small-heap.ts";
import { systemCrypto } from "../../src/shell/system-crypto.ts";
import { startMeasuredShell } from "./measured-shell.ts";
import type { Observation } from "./observed-target.ts";

/** A collection frees what finalizers hold only in the next. */
const COLLECTIONS = 4;
const COLLECTION_PAUSE_MS = 50;
/** What is remembered in two generations needs two steps. */
const PASS_STEPS = 3;
/** Longer than the server needs for what is still in its sockets. */
const PASS_PAUSE_MS = 300;

const [data] = process.argv.slice(2);
const passTime = clockThatPasses();
keepHeapSmall();
const images = FirmwareStore.open(data!);
const keys = PskStore.open(data!, systemCrypto());
const shell = await startMeasuredShell(images, keys);
process.on("message", (passMs: number) => void answer(passMs));
await shell.stopped;
images.close();
keys.close();
process.disconnect();

/** Lets time pass for the server, and tells what is there then. */
async function answer(passMs: number): Promise<void> {
  if (passMs > 0) await sleep(PASS_PAUSE_MS);
  for (let step = 0; passMs > 0 && step < PASS_STEPS; step++) {
    passTime(passMs / PASS_STEPS);
    await sleep(PASS_PAUSE_MS);
  }
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < COLLECTIONS; i++) {
    globalThis.gc!();
    await sleep(COLLECTION_PAUSE_MS);
    const { heapUsed, external } = process.memoryUsage();
    least = Math.min(least, heapUsed + external);
  }
  // How many timers run is a matter of the moment.
  const handles = process.getActiveResourcesInfo().filter((resource) => resource !== "Timeout").length;
  const observation: Observation = { tables: shell.tables, memoryBytes: least, handles };
  process.send!(observation);
}

/** Puts the clock that the server looks at forward by what the function is given, and lets all its timers fire early. */
function clockThatPasses(): (ms: number) => void {
  const [monotonic, set, clear] = [performance.now.bind(performance), setTimeout, clearTimeout];
  const timers = new Map<NodeJS.Timeout, () => void>();
  let passedMs = 0;
  performance.now = () => monotonic() + passedMs;
  const fire = (timer: NodeJS.Timeout) => {
    const due = timers.get(timer);
    timers.delete(timer);
    // One that fires early must not keep the process alive until its own time.
    clear(timer);
    due?.();
  };
  const setTracked = (due: () => void, ms?: number) => {
    const timer = set(() => fire(timer), ms);
    timers.set(timer, due);
    return timer;
  };
  const clearTracked = (timer: NodeJS.Timeout | undefined) => {
    if (timer !== undefined) timers.delete(timer);
    clear(timer);
  };
  Object.assign(globalThis, { setTimeout: setTracked, clearTimeout: clearTracked });
  return (ms) => {
    passedMs += ms;
    for (const timer of [...timers.keys()]) fire(timer);
  };
}
