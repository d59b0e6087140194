// The key file's bytes, and the keys that are made from them, are overwritten wherever they were on the way. They are Node's
// to make and to take, so it is watched there.

import crypto from "node:crypto";
import fs from "node:fs";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RandomSource } from "../../src/base/random-source.ts";
import { openKeyFile } from "../../src/session-store/key-file.ts";
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

wiping("a key that is drawn for a key file is left in the file and in the Secret alone", () => {
  const drawn: Uint8Array[] = [];
  const system = new SystemRandom();
  const random: RandomSource = {
    fill: (target) => {
      system.fill(target);
      drawn.push(target);
    },
  };
  const key = openKeyFile(scratch(), random);
  assert.not(isWiped(key.reveal()));
  assert.is(drawn.length, 1);
  assert.ok(isWiped(drawn[0]!));
});

wiping("a key that is read from its file is left in the Secret alone", () => {
  const directory = scratch();
  openKeyFile(directory, new SystemRandom());
  const read: Buffer[] = [];
  const unwatch = watchBuiltin(fs, "readFileSync", (_args, bytes) => read.push(bytes as Buffer));
  const key = openKeyFile(directory, new SystemRandom());
  unwatch();
  assert.not(isWiped(key.reveal()));
  assert.equal([read.length, read[0]!.length], [1, 32]);
  assert.ok(isWiped(read[0]!));
});

/** What went into each derivation, and what came out of it. */
function derived(work: () => void): { readonly material: Uint8Array; readonly key: Uint8Array }[] {
  const seen: { readonly material: Uint8Array; readonly key: Uint8Array }[] = [];
  const unwatch = watchBuiltin(crypto, "hkdfSync", (args, key) => {
    const material = args[1] as Uint8Array;
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
