// How a device treats a link that has less room than it would like: RFC 7252 4.7 lets it have more than one request
// outstanding only if it backs off.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeMessage } from "../../src/coap/message.ts";
import { WINDOW_MAX } from "../../src/device/congestion-window.ts";
import type { Dialect } from "../../src/device/dialect.ts";
import { type Direction, type Fate, FirmwarePair, type PairedDevice } from "../support/firmware-pair.ts";

const congestion = suite("firmware-congestion");

const BLOCK_COUNT = 200;
const BLOCK_SIZE = 64;
/** The wire's own latency of 50 ms each way. */
const ONE_WAY_MS = 50;

interface Run {
  readonly device: PairedDevice;
  readonly seconds: number;
  readonly lost: number;
  /** The most requests that were outstanding at once. */
  readonly outstandingMax: number;
}

/** An update on plain CoAP, whose downlink drops what comes within `spacingMs` of the datagram before. */
function policed(spacingMs: number, dialect: Partial<Dialect>): Run {
  let passedAt = Number.NEGATIVE_INFINITY;
  let lost = 0;
  let outstandingMax = 0;
  const answeredAt = new Map<number, number>();
  const wire = (_number: number, direction: Direction, datagram: Uint8Array): Fate => {
    const decoded = decodeMessage(datagram);
    assert.ok(decoded.ok);
    if (direction === "up") {
      if (!answeredAt.has(decoded.value.messageId)) answeredAt.set(decoded.value.messageId, Number.POSITIVE_INFINITY);
      outstandingMax = Math.max(outstandingMax, [...answeredAt.values()].filter((at) => at > pair.now).length);
      return "deliver";
    }
    if (pair.now - passedAt < spacingMs) {
      lost++;
      return "drop";
    }
    passedAt = pair.now;
    answeredAt.set(decoded.value.messageId, pair.now + ONE_WAY_MS);
    return "deliver";
  };
  const pair: FirmwarePair = new FirmwarePair({ imageLength: BLOCK_COUNT * BLOCK_SIZE, wire });
  const startedAt = pair.now;
  const device = pair.addDevice({ secure: false, dialect: { blockSize: BLOCK_SIZE, ...dialect } });
  pair.runUntil(() => device.end !== undefined);
  assert.is(device.end?.kind, "done");
  assert.is(Buffer.compare(device.received, pair.imageBytes), 0);
  return { device, seconds: (pair.now - startedAt) / 1000, lost, outstandingMax };
}

congestion("on a free link the window opens to WINDOW_MAX requests, and never further", () => {
  const { outstandingMax, lost } = policed(0, { window: "auto" });
  assert.equal([outstandingMax, lost], [WINDOW_MAX, 0]);
});

congestion("RFC 7252 4.7: on a link that drops all above its rate the window stays small", () => {
  const auto = policed(40, { window: "auto" });
  const fixed = policed(40, { window: WINDOW_MAX });
  assert.ok(auto.lost < fixed.lost / 2, `${auto.lost} lost, and ${fixed.lost} with a fixed window`);
  assert.ok(auto.lost < BLOCK_COUNT, `${auto.lost}`);
});

congestion("RFC 7252 4.7: with a window of one there is never a second request outstanding", () => {
  assert.is(policed(40, { window: 1 }).outstandingMax, 1);
});

congestion("a fixed window is used in full, and not exceeded", () => {
  assert.is(policed(0, { window: 5 }).outstandingMax, 5);
});

congestion.run();
