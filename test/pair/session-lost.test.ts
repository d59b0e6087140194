// A server that has lost its sessions, and a device that hears of it; and those who would like it to think so.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY } from "../../src/base/bytes.ts";
import { encodeAlert } from "../../src/dtls/alert.ts";
import { LOST_SESSION_ALERTS_PER_SECOND_MAX, PROBE_INTERVAL_MS } from "../../src/dtls/parameters.ts";
import { WriteState } from "../../src/dtls/record/connection-state.ts";
import { ContentType } from "../../src/dtls/record/record.ts";
import { DtlsPair } from "../support/dtls-pair.ts";
import { FirmwarePair } from "../support/firmware-pair.ts";
import { addressNumbered } from "../support/firmware-scene.ts";
import { ObservedServer } from "../support/observed-server.ts";

const sessionLost = suite("session-lost");

/** Of the pair: 50 ms each way. */
const ROUND_TRIP_MS = 100;

const INTERNAL_ERROR = encodeAlert("fatal", "internal_error");

for (const [how, connectionId] of [
  ["Connection ID", EMPTY],
  ["address", undefined],
] as const) {
  sessionLost(`found by ${how}: a restart that loses sessions costs a timeout and four round trips`, () => {
    let isDown = false;
    const pair = new FirmwarePair({ imageLength: 6_400, wire: () => (isDown ? "drop" : "deliver") });
    const paired = pair.addDevice(connectionId && { connectionId });
    pair.runUntil(() => paired.blockCount === 20);
    // What was under way is lost: nothing but its own timer makes the device send again.
    isDown = true;
    pair.run(ROUND_TRIP_MS);
    pair.restartServer();
    isDown = false;
    const before = paired.blockCount;
    const requests = paired.device.statistics.retransmissions;
    pair.runUntil(() => paired.device.statistics.retransmissions > requests);
    const timeoutAt = pair.now;
    pair.runUntil(() => paired.story.filter((kind) => kind === "connected").length === 2);
    assert.ok(pair.now - timeoutAt <= 4 * ROUND_TRIP_MS, `${pair.now - timeoutAt} ms`);
    pair.runUntil(() => paired.blockCount > before);
    assert.ok(pair.now - timeoutAt <= 5 * ROUND_TRIP_MS, `${pair.now - timeoutAt} ms`);
    pair.run();
    assert.equal(paired.story, ["connected", "reconnecting", "connected", "done"]);
    assert.equal(paired.received, pair.imageBytes);
  });
}

sessionLost("the alert is half as long as the shortest record that provokes it, and so many go out a second", () => {
  const server = new ObservedServer();
  const record = (length: number) =>
    Uint8Array.of(23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, length, ...new Uint8Array(length));
  server.receive(addressNumbered(1), record(17));
  assert.is(server.sent[0]!.datagram.length, 15);
  for (let i = 0; i < 2 * LOST_SESSION_ALERTS_PER_SECOND_MAX; i++) server.receive(addressNumbered(1), record(17));
  assert.is(server.sent.length, LOST_SESSION_ALERTS_PER_SECOND_MAX);
  server.elapse(1_000);
  server.receive(addressNumbered(1), record(17));
  assert.is(server.sent.length, LOST_SESSION_ALERTS_PER_SECOND_MAX + 1);
});

const PROVOKES_NOTHING: readonly (readonly [string, Uint8Array])[] = [
  [
    "an alert of epoch 0, so that two servers do not answer each other",
    WriteState.plaintext(0).seal(21, INTERNAL_ERROR),
  ],
  ["a record that is too short", Uint8Array.of(23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 16, ...new Uint8Array(16))],
  ["an alert of epoch 1", Uint8Array.of(21, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 18, ...new Uint8Array(18))],
  ["a Finished of epoch 1", Uint8Array.of(22, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 40, ...new Uint8Array(40))],
];
for (const [what, datagram] of PROVOKES_NOTHING) {
  sessionLost(`no word for ${what}`, () => {
    const server = new ObservedServer();
    server.receive(addressNumbered(1), datagram);
    assert.equal(server.sent, []);
  });
}

/** The alert as a forger sends it who has seen the client's last record. */
function forgedAlert(pair: DtlsPair, ago = 1): Uint8Array {
  const { nextSequenceNumber } = pair.clientSession!.write;
  return WriteState.plaintext(nextSequenceNumber - ago).seal(ContentType.alert, INTERNAL_ERROR);
}

function connected(wire?: () => "deliver" | "drop"): DtlsPair {
  const pair = new DtlsPair(wire && { wire });
  pair.run(1_000);
  return pair;
}

sessionLost(
  "a forged alert ends nothing: the association goes on, and then the one that a true server agreed to",
  () => {
    const pair = connected();
    const before = pair.clientSession!;
    pair.deliver("down", forgedAlert(pair));
    assert.is(pair.client.session, before);
    pair.sendUp(Uint8Array.of(1));
    pair.run(1_000);
    assert.is(pair.clientEnd, undefined);
    assert.equal(pair.downs, ["replaced"]);
    pair.sendUp(Uint8Array.of(2));
    pair.run(1_000);
    assert.equal(pair.serverReceived, [Uint8Array.of(1), Uint8Array.of(2)]);
  },
);

sessionLost("a forger who lets no handshake through leaves the association as it was", () => {
  let isCut = false;
  const pair = connected(() => (isCut ? "drop" : "deliver"));
  isCut = true;
  pair.deliver("down", forgedAlert(pair));
  pair.run();
  isCut = false;
  pair.sendUp(Uint8Array.of(1));
  pair.run(1_000);
  assert.equal(pair.serverReceived, [Uint8Array.of(1)]);
  assert.is(pair.clientEnd, undefined);
});

sessionLost("a plaintext alert of any name that comes to the probe does not end it", () => {
  const pair = connected();
  pair.deliver("down", forgedAlert(pair));
  pair.deliver("down", WriteState.plaintext(0).seal(ContentType.alert, encodeAlert("fatal", "handshake_failure")));
  pair.run(1_000);
  assert.equal(pair.downs, ["replaced"]);
});

sessionLost("an alert that answers none of the last records begins nothing", () => {
  const pair = connected();
  const before = pair.datagrams.length;
  pair.deliver("down", forgedAlert(pair, 0));
  pair.deliver("down", forgedAlert(pair, -1));
  pair.deliver("down", WriteState.plaintext(2 ** 40).seal(ContentType.alert, INTERNAL_ERROR));
  assert.is(pair.datagrams.length, before);
});

sessionLost("alerts without end cost one handshake a minute", () => {
  const pair = connected();
  const hellos = () =>
    pair.datagrams.filter(({ bytes }) => bytes[0] === 22 && bytes[13] === 1 && bytes[4] === 0).length;
  const before = hellos();
  for (let i = 0; i < 20; i++) {
    pair.deliver("down", forgedAlert(pair));
    pair.run(1_000);
  }
  assert.is(hellos() - before, 2, "a hello without a cookie and one with it");
  pair.now = (pair.now + PROBE_INTERVAL_MS) as typeof pair.now;
  pair.deliver("down", forgedAlert(pair));
  pair.run(1_000);
  assert.is(hellos() - before, 4);
});

sessionLost.run();
