// What becomes of sessions and devices: new addresses, wrong keys, keys that come late or go, a server that stops.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY, toHex, toUtf8 } from "../../src/base/bytes.ts";
import { Secret } from "../../src/base/secret.ts";
import { encodeAlert } from "../../src/dtls/alert.ts";
import { cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { WriteState } from "../../src/dtls/record/connection-state.ts";
import { ContentType } from "../../src/dtls/record/record.ts";
import { type DeviceInput, type Direction, type Fate, FirmwarePair, type PairInput } from "../support/firmware-pair.ts";
import { addressNumbered, IDENTITY, KEY, PSK_CCM_8 } from "../support/firmware-scene.ts";

const session = suite("firmware-session");

const PLAIN_PSK: DeviceInput = { cipherSuites: [PSK_CCM_8] };
/** A device that gives up where ours would begin a new association. */
const ONE_TRY: DeviceInput = { ...PLAIN_PSK, dialect: { reconnections: 0 } };
const NEW_ADDRESS = addressNumbered(500);

/** How a device with this key and identity ends, every datagram that the server sent to it, and what the server tells. */
function refusal(deviceInput: DeviceInput) {
  const heard: string[] = [];
  const wire = (_number: number, direction: Direction, datagram: Uint8Array): Fate => {
    if (direction === "down") heard.push(toHex(datagram));
    return "deliver";
  };
  const pair = new FirmwarePair({ wire });
  const device = pair.addDevice({ ...ONE_TRY, ...deviceInput });
  pair.run();
  return { end: device.end, heard, failures: pair.eventsOf("handshakeFailed") };
}

/** An update whose device has a new address from datagram `moveAt` on. */
function movingUpdate(moveAt: number, deviceInput: DeviceInput): FirmwarePair {
  const pair = new FirmwarePair();
  const device = pair.addDevice({ ...PLAIN_PSK, ...deviceInput });
  pair.runUntil(() => pair.datagramCount >= moveAt);
  device.address = NEW_ADDRESS;
  return pair.run();
}

session("RFC 9146 6: with a Connection ID an address may change after any datagram, without a new handshake", () => {
  for (const connectionId of [EMPTY, Uint8Array.of(1, 2, 3)]) {
    const undisturbed = movingUpdate(Number.POSITIVE_INFINITY, { connectionId });
    const handshakeCount = 6;
    assert.ok(undisturbed.datagramCount > handshakeCount);
    for (let moveAt = handshakeCount; moveAt < undisturbed.datagramCount; moveAt++) {
      const pair = movingUpdate(moveAt, { connectionId });
      const device = pair.devices[0]!;
      assert.is(device.end?.kind, "done", `moved after datagram ${moveAt}`);
      assert.is(Buffer.compare(device.received, pair.imageBytes), 0);
      assert.is(pair.eventsOf("sessionUp").length, 1);
      assert.is(pair.counted("helloVerifyRequest"), 1);
    }
  }
});

session("without a Connection ID nothing answers at a new address, and the device begins a new association", () => {
  const pair = movingUpdate(8, {});
  assert.equal(pair.devices[0]!.story, ["connected", "reconnecting", "connected", "done"]);
  assert.ok(pair.counted("unknownPeer") > 0);
  assert.is(pair.eventsOf("sessionUp").length, 2);
});

session("a device that does not reconnect ends where nothing answers it", () => {
  assert.equal(movingUpdate(8, ONE_TRY).devices[0]!.end, { kind: "unanswered" });
});

session("RFC 9146: the events say whether a session survives a change of address", () => {
  for (const [deviceInput, survives] of [
    [{ connectionId: EMPTY }, true],
    [{}, false],
  ] as const) {
    const pair = new FirmwarePair();
    const device = pair.addDevice({ ...PLAIN_PSK, ...deviceInput });
    pair.run();
    assert.is(pair.eventsOf("sessionUp")[0]!.connectionId, survives);
    assert.is((device.events[0] as { connectionId: boolean }).connectionId, survives);
  }
});

session("a wrong key ends the handshake, and the device says so", () => {
  const { end, failures } = refusal({ key: new Secret(toUtf8("another key")) });
  assert.is(end?.kind, "handshakeFailed");
  assert.is(failures.length, 1);
});

session("RFC 4279 2: to an unknown identity the server sends, byte for byte, what it sends to a wrong key", () => {
  const wrongKey = refusal({ key: new Secret(toUtf8("another key")) });
  const unknown = refusal({ identity: toUtf8("nobody-1") });
  assert.ok(wrongKey.heard.length >= 2);
  assert.equal(unknown.heard, wrongKey.heard);
  assert.equal(unknown.end, wrongKey.end);
});

session(
  "no common cipher suite ends the handshake at both sides under that name, and the device asks three times",
  () => {
    const server = { cipherSuites: [cipherSuiteNamed("TLS_PSK_WITH_AES_128_GCM_SHA256")!] };
    const pair = new FirmwarePair({ server });
    const device = pair.addDevice(PLAIN_PSK);
    pair.run();
    assert.equal(
      pair.eventsOf("handshakeFailed").map(({ reason }) => reason),
      ["noCommonCipherSuite", "noCommonCipherSuite", "noCommonCipherSuite"],
    );
    assert.is(pair.counted("handshakeFailed.noCommonCipherSuite"), 3);
    assert.is((device.end as { error: string }).error, "peerAlert");
  },
);

session(
  "RFC 6347 4.1.2.7: an alert that a forger writes before Finished costs the device a hello, and not the update",
  () => {
    const pair = new FirmwarePair();
    const device = pair.addDevice(PLAIN_PSK);
    const alert = WriteState.plaintext(9).seal(ContentType.alert, encodeAlert("fatal", "handshake_failure"));
    device.device.handleDatagram(pair.now, alert);
    pair.run();
    assert.equal(device.story, ["handshakeFailed", "reconnecting", "connected", "done"]);
  },
);

session("a silent server is a timeout of the handshake, and on plain CoAP an unanswered request", () => {
  const silent: PairInput = { wire: (_number, direction) => (direction === "down" ? "drop" : "deliver") };
  const secure = new FirmwarePair(silent);
  const plain = new FirmwarePair(silent);
  const devices = [secure.addDevice(ONE_TRY), plain.addDevice({ ...ONE_TRY, secure: false })];
  secure.run();
  plain.run();
  assert.is((devices[0]!.end as { error: string }).error, "timeout");
  assert.equal(devices[1]!.end, { kind: "unanswered" });
  assert.is(devices[0]!.device.pollTimeout(), undefined);
  assert.is(devices[1]!.device.pollTimeout(), undefined);
});

session("a server that falls silent in mid-transfer leaves the request unanswered", () => {
  const pair = new FirmwarePair({ wire: (number) => (number > 9 ? "drop" : "deliver") });
  const device = pair.addDevice(ONE_TRY);
  pair.run();
  assert.equal(device.end, { kind: "unanswered" });
  // After 1, 2 and then each 4 timeouts, 63 in all.
  assert.is(device.device.statistics.retransmissions, 16);
});

session("a key removed in mid-transfer ends its session, and the device is told", () => {
  const pair = new FirmwarePair({ imageLength: 1_000 });
  const device = pair.addDevice(ONE_TRY);
  pair.runUntil(() => device.blockCount === 3);
  pair.server.handleKeyRemoved(pair.now, IDENTITY);
  pair.drive();
  pair.run();
  assert.equal(
    pair.eventsOf("sessionDown").map(({ end, identity }) => [end, toHex(identity)]),
    [["keyRemoved", toHex(IDENTITY)]],
  );
  assert.equal(device.end, { kind: "refused", detail: "the server closed the association" });
  assert.is(pair.server.sessionCount, 0);
});

session("a key removed after any datagram of a handshake leaves no session", () => {
  for (let removeAt = 1; removeAt <= 8; removeAt++) {
    let keyKept = true;
    const pair = new FirmwarePair({ psk: () => (keyKept ? KEY : undefined) });
    const device = pair.addDevice(PLAIN_PSK);
    pair.runUntil(() => pair.datagramCount >= removeAt);
    keyKept = false;
    pair.server.handleKeyRemoved(pair.now, IDENTITY);
    pair.drive();
    pair.run();
    assert.is.not(device.end?.kind, "done");
    assert.equal([pair.server.handshakeCount, pair.server.sessionCount], [0, 0], `removed after datagram ${removeAt}`);
  }
});

session("a key removed while it is being looked for is of no use when it comes", () => {
  const pair = new FirmwarePair({ psk: () => "later" });
  const device = pair.addDevice(PLAIN_PSK);
  pair.run(1_000);
  pair.server.handleKeyRemoved(pair.now, IDENTITY);
  pair.server.handlePsk(pair.now, IDENTITY, KEY);
  pair.run();
  assert.is(device.end?.kind, "handshakeFailed");
  assert.equal([pair.server.handshakeCount, pair.server.sessionCount], [0, 0]);
});

session("a key removed ends no session of another identity", () => {
  const pair = new FirmwarePair();
  pair.addDevice(PLAIN_PSK);
  pair.run();
  pair.server.handleKeyRemoved(pair.now, toUtf8("device-2"));
  assert.is(pair.server.sessionCount, 1);
});

session("RFC 5246 7.2.1: a server that stops says close_notify, and each device tells of it", () => {
  const pair = new FirmwarePair({ imageLength: 1_000 });
  const devices = [pair.addDevice(ONE_TRY), pair.addDevice(ONE_TRY)];
  pair.runUntil(() => devices.every(({ blockCount }) => blockCount >= 3));
  pair.server.shutdown(pair.now);
  pair.drive();
  pair.run();
  for (const device of devices) {
    assert.equal(device.end, { kind: "refused", detail: "the server closed the association" });
    assert.is(device.device.statistics.retransmissions, 0);
    assert.is(device.device.pollTimeout(), undefined);
  }
  assert.equal(
    pair.eventsOf("sessionDown").map(({ end }) => end),
    ["shutdown", "shutdown"],
  );
  assert.equal([pair.server.sessionCount, pair.server.handshakeCount], [0, 0]);
});

session("RFC 5246 7.2.1: a device that closes says close_notify, and the server forgets its session", () => {
  const pair = new FirmwarePair({ imageLength: 1_000 });
  const device = pair.addDevice(PLAIN_PSK);
  pair.runUntil(() => device.blockCount === 3);
  device.device.close();
  pair.drive();
  pair.run();
  assert.equal(
    pair.eventsOf("sessionDown").map(({ end }) => end),
    ["closeNotify"],
  );
  assert.is(device.end, undefined);
  assert.is(device.blockCount, 3);
  assert.is(device.device.statistics.retransmissions, 0);
});

session("a device on plain CoAP that closes neither asks again nor takes what still comes", () => {
  const pair = new FirmwarePair({ imageLength: 1_000 });
  const device = pair.addDevice({ secure: false });
  pair.runUntil(() => device.blockCount === 3);
  device.device.close();
  const { datagramCount } = pair;
  pair.run();
  assert.is(device.blockCount, 3);
  assert.is(device.device.pollTimeout(), undefined);
  // The server's answer to the request that was under way.
  assert.is(pair.datagramCount, datagramCount + 1);
});

session("a key that is found seconds later ends the wait", () => {
  const pair = new FirmwarePair({ psk: () => "later" });
  const device = pair.addDevice(ONE_TRY);
  pair.run(5_000);
  assert.is(pair.server.handshakeCount, 1);
  pair.server.handlePsk(pair.now, IDENTITY, KEY);
  pair.drive();
  pair.run();
  assert.is(device.end?.kind, "done");
  assert.is(pair.eventsOf("sessionUp").length, 1);
});

session("a key that nobody waits for does nothing", () => {
  const pair = new FirmwarePair();
  pair.server.handlePsk(pair.now, IDENTITY, KEY);
  pair.server.handlePsk(pair.now, toUtf8("nobody-1"), undefined);
  assert.equal(
    [pair.server.pollTransmit(), pair.server.pollEvent(), pair.server.pollTimeout()],
    [undefined, undefined, undefined],
  );
  const device = pair.addDevice(PLAIN_PSK);
  pair.run();
  assert.is(device.end?.kind, "done");
});

session("an owner that never answers costs a handshake of limited life", () => {
  const pair = new FirmwarePair({ psk: () => "later" });
  const device = pair.addDevice(ONE_TRY);
  pair.run();
  assert.is((device.end as { error: string }).error, "timeout");
  assert.equal([pair.server.handshakeCount, pair.server.sessionCount], [0, 0]);
});

session("two devices with one identity are served at once, each in a session of its own", () => {
  const pair = new FirmwarePair({ imageLength: 500 });
  const devices = [pair.addDevice(PLAIN_PSK), pair.addDevice(PLAIN_PSK)];
  pair.run();
  for (const device of devices) assert.is(Buffer.compare(device.received, pair.imageBytes), 0);
  assert.is(pair.server.sessionCount, 2);
  assert.equal(
    [...pair.server.identities()].map((identity) => toHex(identity)),
    [toHex(IDENTITY)],
  );
});

session("RFC 6347 4.2.8: a device that restarts at its old address replaces its session", () => {
  const pair = new FirmwarePair();
  const first = pair.addDevice(PLAIN_PSK);
  pair.run();
  const { address } = first;
  first.address = NEW_ADDRESS;
  const second = pair.addDevice({ ...PLAIN_PSK, address });
  pair.run();
  assert.equal(
    pair.eventsOf("sessionDown").map(({ end }) => end),
    ["replaced"],
  );
  assert.is(second.end?.kind, "done");
  assert.is(pair.server.sessionCount, 1);
});

session(
  "RFC 6347 4.1.2.7: what a server says of a lost session ends no handshake, however often it is provoked",
  () => {
    const pair = new FirmwarePair();
    const device = pair.addDevice(PLAIN_PSK);
    const record = WriteState.plaintext(9).seal(ContentType.application_data, new Uint8Array(40));
    // Of epoch 1.
    record[4] = 1;
    for (let i = 0; i < 10; i++) pair.inject("coaps", device.address, record);
    pair.run();
    assert.equal([pair.counted("sessionLostTold"), device.story], [10, ["connected", "done"]]);
  },
);

session.run();
