// A store of keys that cannot be read for a while, and removals by the thousand: in virtual time, with a server that only
// notes what it is told.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromUtf8, toUtf8 } from "../../src/base/bytes.ts";
import { addMs, instant } from "../../src/base/instant.ts";
import { KeyWatch, WAITING_KEYS_MAX } from "../../src/shell/key-watch.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { MemoryKeys } from "./memory-stores.ts";

const test = suite("key-watch");

const DEVICE = toUtf8("meter-7");
const KEY = toUtf8("0123456789abcdef");
/** What ending the sessions of one identity takes here, ms. */
const ENDING_MS = 0.25;
/** What a look into the store takes. */
const LOOK_MS = 0.125;
/** The longest that the server may be away from its sockets: a slice, and the removal that it ends with. */
const SLICE_MS = 1 + ENDING_MS;

class Scene {
  readonly keys = new MemoryKeys();
  /** What the server and the log are told. */
  readonly told: string[] = [];
  readonly identities: Uint8Array[] = [];
  readonly later: (() => void)[] = [];
  readonly watch: KeyWatch;
  now = instant(1_000);
  isBroken = false;
  lookCount = 0;

  constructor() {
    const lookUp = this.keys.lookUp.bind(this.keys);
    this.keys.lookUp = (identity) => {
      this.lookCount++;
      this.now = addMs(this.now, LOOK_MS);
      if (this.isBroken) throw new StoreError("damaged", "psk.db is damaged");
      return lookUp(identity);
    };
    const server = {
      handlePsk: (_now: number, identity: Uint8Array, key: unknown) => {
        this.told.push(`${fromUtf8(identity)} ${key === undefined ? "has no key" : "has a key"}`);
      },
      handleKeyRemoved: (_now: number, identity: Uint8Array) => {
        this.now = addMs(this.now, ENDING_MS);
        this.told.push(`${fromUtf8(identity)} removed`);
      },
      identities: () => this.identities.values(),
    };
    const outlet = {
      worked: () => {},
      faulty: (reason: string) => this.told.push(reason),
      mended: () => this.told.push("mended"),
      failed: (error: unknown) => assert.unreachable(String(error)),
    };
    const turns = { now: () => this.now, later: (work: () => void) => this.later.push(work) };
    this.watch = new KeyWatch(server, this.keys, outlet, turns);
  }

  /** Works until nothing is left; gives the longest that the sockets waited, and the number of slices. */
  slices(): { readonly longestMs: number; readonly count: number } {
    let [longestMs, count] = [0, 0];
    for (let work: (() => void) | undefined = () => this.watch.ask(); work !== undefined; work = this.later.shift()) {
      const began = this.now;
      work();
      longestMs = Math.max(longestMs, this.now - began);
      count++;
    }
    return { longestMs, count };
  }
}

function devices(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => toUtf8(`device-${i}`));
}

test("a key that cannot be read is asked for again each second, once for all who wait, and the fault is said once", () => {
  const scene = new Scene();
  scene.keys.add(DEVICE, KEY);
  scene.isBroken = true;
  scene.watch.answer(DEVICE);
  scene.watch.answer(DEVICE);
  scene.watch.ask();
  assert.is(scene.lookCount, 2);
  assert.equal(scene.told, ["psk.db is damaged"]);
  scene.isBroken = false;
  scene.watch.ask();
  assert.equal(scene.told, ["psk.db is damaged", "meter-7 has a key", "mended"]);
  assert.is(scene.watch.waitingCount, 0);
});

test("whose key cannot be read for a minute has none: its device has given up", () => {
  const scene = new Scene();
  scene.isBroken = true;
  scene.watch.answer(DEVICE);
  scene.now = addMs(scene.now, 60_000);
  scene.watch.ask();
  assert.is(scene.told[1], "meter-7 has no key");
  assert.is(scene.watch.waitingCount, 0);
});

test("the identities that wait for a key are bounded: one more has no key", () => {
  const scene = new Scene();
  scene.isBroken = true;
  for (const identity of devices(WAITING_KEYS_MAX)) scene.watch.answer(identity);
  assert.equal(scene.told, ["psk.db is damaged"]);
  scene.watch.answer(DEVICE);
  assert.equal([scene.watch.waitingCount, scene.told[1]], [WAITING_KEYS_MAX, "meter-7 has no key"]);
});

test("a store that stays damaged is asked once a second, however many wait, and the next one comes first", () => {
  const scene = new Scene();
  scene.isBroken = true;
  for (const identity of devices(100)) scene.watch.answer(identity);
  const before = scene.lookCount;
  for (let i = 0; i < 10; i++) scene.watch.ask();
  assert.is(scene.lookCount - before, 10);
});

test("3,000 keys removed: the server is back at its sockets each millisecond, and each removal is told once", () => {
  const scene = new Scene();
  const removed = devices(3_000);
  for (const identity of removed) scene.keys.remove(identity);
  const { longestMs, count } = scene.slices();
  assert.ok(longestMs <= SLICE_MS && count > 500, `${longestMs} ms, ${count} slices`);
  assert.equal(
    scene.told,
    removed.map((identity) => `${fromUtf8(identity)} removed`),
  );
  assert.is(scene.watch.removal, 3_000);
});

test("a journal that was pruned, 10,000 identities to look up: back at the sockets each millisecond, none is left out", () => {
  const scene = new Scene();
  scene.identities.push(...devices(10_000));
  for (const identity of scene.identities.slice(0, 7_000)) scene.keys.add(identity, KEY);
  scene.keys.pruned = true;
  const { longestMs, count } = scene.slices();
  assert.ok(longestMs <= SLICE_MS + LOOK_MS && count > 1_000, `${longestMs} ms, ${count} slices`);
  assert.is(scene.told.length, 3_000);
});

test("the removal that the saved sessions know of stands until the last slice is done", () => {
  const scene = new Scene();
  for (const identity of devices(100)) scene.keys.remove(identity);
  scene.watch.ask();
  assert.is(scene.watch.removal, 0);
  scene.slices();
  assert.is(scene.watch.removal, 100);
});

test("a server that ends leaves what is left of the removals", () => {
  const scene = new Scene();
  for (const identity of devices(100)) scene.keys.remove(identity);
  scene.watch.ask();
  const { length } = scene.told;
  scene.watch.close();
  scene.later.shift()!();
  assert.equal([scene.told.length, scene.later.length], [length, 0]);
});

test.run();
