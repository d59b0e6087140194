// An outage of two minutes in mid-transfer: the device goes on soon after it, in the association that it has.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addMs, type Instant } from "../../src/base/instant.ts";
import { SEND_ONLY_CONNECTION_ID } from "../support/dtls-pair.ts";
import { FirmwarePair, type PairedDevice } from "../support/firmware-pair.ts";

const outage = suite("outage");

const OUTAGE_MS = 120_000;

interface Scene {
  readonly pair: FirmwarePair;
  readonly device: PairedDevice;
  readonly endsAt: Instant;
}

/** A pull of 20 blocks, of which ten have come when nothing passes any more; it has run until the next block. */
function throughOutage(latencyMs: number, outageMs: number, atItsEnd: (pair: FirmwarePair) => void = () => {}): Scene {
  let endsAt: Instant | undefined;
  const isOut = () => endsAt !== undefined && pair.now < endsAt;
  const wire = () => (isOut() ? "drop" : "deliver");
  const pair: FirmwarePair = new FirmwarePair({ latencyMs, imageLength: 1_280, wire });
  const device = pair.addDevice({ connectionId: SEND_ONLY_CONNECTION_ID });
  pair.runUntil(() => device.blockCount === 10);
  endsAt = addMs(pair.now, outageMs);
  pair.runUntil(() => !isOut());
  atItsEnd(pair);
  pair.runUntil(() => device.blockCount > 10);
  return { pair, device, endsAt };
}

for (const [roundTrip, latencyMs, withinMs] of [
  // A 32nd part of the silence, and a round trip.
  ["100 ms", 50, OUTAGE_MS / 32 + 200],
  // Four timeouts of one and a half round trips, and a round trip.
  ["3 s", 1_500, 7 * 3_000],
] as const) {
  outage(`round trip ${roundTrip}: two minutes without a way, and the device goes on without a handshake`, () => {
    const { pair, device, endsAt } = throughOutage(latencyMs, OUTAGE_MS);
    const lateMs = pair.now - endsAt;
    assert.ok(lateMs <= withinMs, `${lateMs} ms`);
    pair.runUntil(() => device.end !== undefined);
    assert.equal(device.received, pair.imageBytes);
    assert.equal(device.story, ["connected", "silent", "done"]);
    assert.is(device.device.statistics.handshakes, 1);
  });
}

outage("a server that has lost the association by then and says nothing: the handshake beside it comes through", () => {
  let isMute = false;
  const pair: FirmwarePair = new FirmwarePair({
    imageLength: 1_280,
    // A plaintext alert is the hint that the server has lost it.
    wire: (_number, direction, datagram) => (isMute && direction === "down" && datagram[0] === 21 ? "drop" : "deliver"),
  });
  const device = pair.addDevice({ connectionId: SEND_ONLY_CONNECTION_ID });
  pair.runUntil(() => device.blockCount === 10);
  isMute = true;
  pair.restartServer();
  pair.runUntil(() => device.end !== undefined);
  assert.equal(device.received, pair.imageBytes);
  assert.equal(device.story, ["connected", "reconnecting", "connected", "done"]);
});

outage("a server that stays away is given up after as many handshakes as the device may begin", () => {
  const pair: FirmwarePair = new FirmwarePair({ wire: () => (device?.blockCount === 1 ? "drop" : "deliver") });
  let device: PairedDevice | undefined;
  device = pair.addDevice({ connectionId: SEND_ONLY_CONNECTION_ID, dialect: { reconnections: 2 } });
  pair.runUntil(() => device?.end !== undefined);
  assert.equal(device.story, ["connected", "silent", "unanswered"]);
});

outage.run();
