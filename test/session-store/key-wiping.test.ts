// The keys that sessions are sealed under are overwritten. They are Node's to make, so it is watched there.

import crypto from "node:crypto";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SessionStore } from "../../src/session-store/session-store.ts";
import { SystemRandom } from "../../src/shell/system-random.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { watchBuiltin } from "../support/watched-builtin.ts";

const wiping = suite("session-store key-wiping");
const scratch = scratchDirectories(wiping);

const isWiped = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

function opened(): SessionStore {
  const machineStart = "one";
  return SessionStore.open({
    directory: scratch(),
    markDirectory: scratch(),
    machineStart,
    random: new SystemRandom(),
  });
}

/** What went into each derivation, and what came out of it. */
function derived(work: () => void): { readonly material: Uint8Array; readonly key: Uint8Array }[] {
  const seen: { readonly material: Uint8Array; readonly key: Uint8Array }[] = [];
  const unwatch = watchBuiltin(crypto, "hkdfSync", (args, key) => {
    const [, material, , what] = args as [string, Uint8Array, string, string];
    if (what !== "narrowboat sessions") return;
    assert.not(isWiped(material));
    seen.push({ material, key: new Uint8Array(key as ArrayBuffer) });
  });
  work();
  unwatch();
  return seen;
}

wiping("what a key is derived from is overwritten at once, and the key when the store closes", () => {
  let store: SessionStore | undefined;
  const [first] = derived(() => {
    store = opened();
  });
  assert.ok(isWiped(first!.material));
  assert.not(isWiped(first!.key), "it seals still");
  store!.close();
  assert.ok(isWiped(first!.key));
});

wiping("when what was stored is given up, so is the key of it", () => {
  let store: SessionStore | undefined;
  const [first, second] = derived(() => {
    store = opened();
    store.forget();
  });
  assert.ok(isWiped(first!.key));
  assert.not(isWiped(second!.key), "the next one seals from now on");
  store!.close();
  assert.ok(isWiped(second!.key));
});

wiping("the thread overwrites each session that it was given to store", async () => {
  const workerData = { directory: scratch(), markDirectory: scratch(), machineStart: "one" };
  const worker = new Worker(new URL("../../src/shell/session-worker.js", import.meta.url), { workerData });
  // Shared, so that it can be seen from here.
  const bytes = new Uint8Array(new SharedArrayBuffer(8)).fill(0xa5);
  const told = new Promise((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", resolve);
    worker.on("message", ({ kind }: { readonly kind: string }) => {
      if (kind === "opened")
        worker.postMessage({ sessions: [{ number: 1, lastActiveAt: 1, bytes }], ended: [], removal: 0 });
      if (kind === "saved") worker.postMessage("close");
    });
  });
  assert.is(await told, 0);
  assert.equal(bytes, new Uint8Array(8));
  const store = SessionStore.open({ ...workerData, random: new SystemRandom() });
  assert.equal(
    [...store.stored()].map((one) => one !== "damaged" && Uint8Array.from(one.bytes)),
    [new Uint8Array(8).fill(0xa5)],
  );
  store.close();
});

wiping.run();
