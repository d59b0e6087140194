// A whole update inside of a page of a browser: the server's core and the device's on the provider out of @noble/*, and a
// link in memory between them. It is bundled for the page, so that nothing here may need Node.js.

import { DrawnImage } from "../../sim/drawn-image.ts";
import { copyOf, toUtf8 } from "../../src/base/bytes.ts";
import { addMs, earliest, type Instant, instant } from "../../src/base/instant.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import type { RandomSource } from "../../src/base/random-source.ts";
import { Secret } from "../../src/base/secret.ts";
import { nobleCrypto } from "../../src/crypto/noble-crypto.ts";
import type { DeviceEvent } from "../../src/device/device-event.ts";
import { dialectNamed } from "../../src/device/dialect.ts";
import { FirmwareDevice } from "../../src/device/firmware-device.ts";
import { progressLengthFor } from "../../src/device/image-slot.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { FirmwareServer } from "../../src/server/firmware-server.ts";

const PAGE_LENGTH = 4096;
const LATENCY_MS = 50;
/** The link loses each of these. */
const LOST_EVERY = 10;
const STEPS_MAX = 10_000;

export interface PagePull {
  /** What is in the device's slot. */
  readonly bytes: readonly number[];
  readonly sha256: readonly number[];
  readonly cipherSuite: string;
  readonly retransmissions: number;
}

export function pullInPage(image: readonly number[]): PagePull {
  const [crypto, random, key] = [nobleCrypto(), new PageRandom(), new Secret(toUtf8("a key of 16 byte"))];
  const [identity, from] = [toUtf8("page"), peerAddress("192.0.2.1", 40_000)];
  const catalogue = new DrawnImage(crypto, Uint8Array.from(image));
  const slot = flashFor(image.length);
  let now: Instant = instant(0);
  const server = new FirmwareServer({ now, crypto, random, catalogue });
  const dialect = dialectNamed("own");
  const device = new FirmwareDevice(now, {
    server: peerAddress("192.0.2.99", 5684),
    security: { identity, key, cipherSuites: dialect.cipherSuites, connectionId: new Uint8Array(0) },
    ...{ path: catalogue.path, queries: [], dialect, slot, crypto, random },
    progress: flashFor(progressLengthFor(slot.length, PAGE_LENGTH)),
  });
  const events: DeviceEvent[] = [];
  let sent = 0;
  const passes = () => ++sent % LOST_EVERY !== 0;
  for (let steps = 0; events.every(({ kind }) => kind !== "done"); steps++) {
    if (steps > STEPS_MAX) throw new Error(`no end of it: ${JSON.stringify(events.at(-1))}`);
    const before = sent;
    for (let up = device.pollTransmit(); up !== undefined; up = device.pollTransmit()) {
      if (passes()) server.handleDatagram(now, "coaps", from, up);
    }
    for (let event = server.pollEvent(); event !== undefined; event = server.pollEvent()) {
      if (event.kind === "pskWanted") server.handlePsk(now, event.identity, key);
    }
    now = addMs(now, LATENCY_MS);
    for (let down = server.pollTransmit(); down !== undefined; down = server.pollTransmit()) {
      if (passes()) device.handleDatagram(now, copyOf(down.datagram));
    }
    for (let event = device.pollEvent(); event !== undefined; event = device.pollEvent()) events.push(event);
    if (sent > before) continue;
    now = earliest(device.pollTimeout(), server.pollTimeout()) ?? now;
    device.handleTimeout(now);
    server.handleTimeout(now);
  }
  const [done, connected] = [eventOf(events, "done"), eventOf(events, "connected")];
  return {
    bytes: [...slot.read(0, done.length)],
    sha256: [...done.sha256],
    cipherSuite: connected.cipherSuite,
    retransmissions: device.statistics.retransmissions,
  };
}

/** The browser's own. */
class PageRandom implements RandomSource {
  fill(target: Uint8Array<ArrayBuffer>): void {
    globalThis.crypto.getRandomValues(target);
  }
}

function flashFor(length: number): MemoryFlash {
  return new MemoryFlash(Math.ceil(length / PAGE_LENGTH) * PAGE_LENGTH, PAGE_LENGTH);
}

function eventOf<Kind extends DeviceEvent["kind"]>(events: readonly DeviceEvent[], kind: Kind) {
  return events.find((event): event is Extract<DeviceEvent, { kind: Kind }> => event.kind === kind)!;
}
