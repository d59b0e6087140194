// A server that is killed, and a device whose source port changes, before each datagram of a pull: the device ends with the
// right bytes wherever the server is back in time, and says that it is silent where it stays away.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addMs, type Instant } from "../../src/base/instant.ts";
import { Secret } from "../../src/base/secret.ts";
import { SEND_ONLY_CONNECTION_ID } from "../support/dtls-pair.ts";
import { FirmwarePair, type PairedDevice } from "../support/firmware-pair.ts";
import { addressNumbered } from "../support/firmware-scene.ts";

const faults = suite("handshake-faults");

const QUICK_MS = 50;
const SLOW_MS = 1_500;
const SILENCE_TOLD_WITHIN_MS = 60_000;

interface Scene {
  readonly pair: FirmwarePair;
  readonly device: PairedDevice;
  /** When it happened. */
  faultAt: Instant | undefined;
}

/** A pull of three blocks, and what happens as its datagram `at` leaves; the way is cut from there to `backMs` later. */
function scene(latencyMs: number, at: number, fault: (scene: Scene) => void, awayMs: number): Scene {
  const made: Scene[] = [];
  let isDue = false;
  const pair: FirmwarePair = new FirmwarePair({
    latencyMs,
    wire: (number) => {
      isDue ||= number === at;
      const [one] = made;
      if (isDue && one !== undefined && one.faultAt === undefined) {
        one.faultAt = pair.now;
        fault(one);
      }
      return isDue && pair.now < addMs(one?.faultAt ?? pair.now, awayMs) ? "drop" : "deliver";
    },
  });
  const one: Scene = { pair, device: pair.addDevice({ connectionId: SEND_ONLY_CONNECTION_ID }), faultAt: undefined };
  made.push(one);
  return one;
}

/** Datagrams of a pull without a fault. */
const DATAGRAMS = (() => {
  const pair = new FirmwarePair();
  pair.addDevice({ connectionId: SEND_ONLY_CONNECTION_ID });
  pair.run();
  return pair.datagramCount;
})();

const NUMBERS = Array.from({ length: DATAGRAMS - 1 }, (_, i) => i + 2);

const FAULTS: readonly [string, (scene: Scene) => void][] = [
  ["the server is restarted without its memory", ({ pair }) => pair.restartServer()],
  [
    "the source port changes",
    ({ device }) => {
      device.address = addressNumbered(77);
    },
  ],
];

for (const [latency, latencyMs] of [
  ["100 ms", QUICK_MS],
  ["3 s", SLOW_MS],
] as const) {
  for (const [what, fault] of FAULTS) {
    for (const awayMs of [0, 30_000]) {
      faults(
        `round trip ${latency}: ${what} before each datagram, and nothing passes for ${awayMs / 1000} s: it ends right`,
        () => {
          for (const number of NUMBERS) {
            const { pair, device } = scene(latencyMs, number, fault, awayMs);
            pair.runUntil(() => device.end !== undefined);
            assert.is(device.end?.kind, "done", `datagram ${number}`);
            assert.equal(device.received, pair.imageBytes, `datagram ${number}`);
            assert.not.ok(device.story.includes("silent"), `datagram ${number}: ${device.story}`);
          }
        },
      );
    }
  }

  faults(`round trip ${latency}: where the server stays away, that is told within 60 s of any datagram`, () => {
    for (const number of NUMBERS.slice(0, -1)) {
      const one = scene(latencyMs, number, () => {}, Number.POSITIVE_INFINITY);
      const { pair, device } = one;
      assert.ok(
        pair.runUntil(() => device.story.includes("silent")),
        `datagram ${number}`,
      );
      const lateMs = pair.now - one.faultAt!;
      assert.ok(lateMs <= SILENCE_TOLD_WITHIN_MS, `datagram ${number}: ${lateMs} ms`);
      assert.is(device.end, undefined, `datagram ${number}`);
    }
  });
}

faults("a wrong key is told from a broken way by what else is answered, and takes more than a minute", () => {
  const pair = new FirmwarePair();
  const beganAt = pair.now;
  const device = pair.addDevice({ key: new Secret(new Uint8Array(16)), connectionId: SEND_ONLY_CONNECTION_ID });
  pair.runUntil(() => device.end !== undefined);
  assert.equal(device.end, { kind: "handshakeFailed", error: "keyRefused", detail: "silence", retrying: false });
  const seconds = (pair.now - beganAt) / 1000;
  assert.ok(seconds > 60 && seconds < 150, `${seconds} s`);
});

faults("a server that cannot read its keys for a minute refuses nobody", () => {
  const pair: FirmwarePair = new FirmwarePair({ psk: () => "later" });
  const device = pair.addDevice({ connectionId: SEND_ONLY_CONNECTION_ID });
  pair.run(65_000);
  assert.is(device.end, undefined);
});

faults("a way that loses three of four datagrams never makes a right key look refused", () => {
  for (let seed = 0; seed < 20; seed++) {
    let state = seed + 1;
    const pair = new FirmwarePair({
      wire: () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        return (state >>> 16) % 4 === 0 ? "deliver" : "drop";
      },
    });
    const device = pair.addDevice({ connectionId: SEND_ONLY_CONNECTION_ID });
    pair.runUntil(() => device.story.includes("connected"), 3_600_000);
    const { end } = device;
    assert.not.ok(end?.kind === "handshakeFailed" && end.error === "keyRefused", `seed ${seed}`);
  }
});

faults.run();
