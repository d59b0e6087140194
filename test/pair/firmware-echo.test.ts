// Echo (RFC 9175) on plain CoAP: whoever is to get more than he sent has to show that his address is his.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { Code } from "../../src/coap/code.ts";
import { echoOf } from "../../src/coap/echo.ts";
import { EXCHANGE_LIFETIME_MS } from "../../src/coap/parameters.ts";
import { PROVEN_ADDRESSES_MAX } from "../../src/server/freshness.ts";
import { messageFromLine } from "../support/coap-line.ts";
import { FirmwarePair } from "../support/firmware-pair.ts";
import { addressNumbered, FirmwareScene, type ScenePeer } from "../support/firmware-scene.ts";

const test = suite("firmware-echo");

const LINKS = "CON 1 GET /.well-known/core";

function echoed(): FirmwareScene {
  const scene = new FirmwareScene({ coapEcho: true });
  for (let i = 0; i < 20; i++) scene.catalogue.publish("hub", `1.${i}`, new Uint8Array(2_000).fill(i));
  return scene;
}

/** Asks, is asked for Echo, and asks again with the value; gives back the code. */
function provenCode(peer: ScenePeer, line: string): number {
  const challenge = peer.asksMessage(messageFromLine(line, 0));
  assert.is(challenge.code, Code.UNAUTHORIZED);
  return peer.asksMessage(messageFromLine(`${line.replace("CON 1", "CON 2")} Echo=${toHex(echoOf(challenge)!)}`, 0))
    .code;
}

test("RFC 9175 2.4: an address gets 4.01 until it shows the value, and then blocks without further ado", () => {
  const scene = echoed();
  const peer = scene.plainPeer();
  assert.is(provenCode(peer, "CON 1 GET /fw/hub/1.0 2:0/0/64"), Code.CONTENT);
  assert.match(peer.asks("CON 3 GET /fw/hub/1.0 2:1/0/64"), /^ACK 0003 2.05 .*2:1\/1\/64 \[?/);
  assert.is(scene.counted("echoWanted"), 1);
});

test("RFC 9175 2.4: whatever an address that has shown nothing sends, it gets three times its bytes at most", () => {
  const scene = echoed();
  const peer = scene.plainPeer();
  const lines = [
    "GET",
    "GET /.well-known/core",
    "GET /fw/hub/1.0",
    "GET #65001=01",
    "0.31 /a",
    "POST /fw/hub/1.0",
    "EMPTY",
  ];
  for (const [i, line] of lines.entries()) {
    for (const type of ["CON", "NON"]) {
      peer.received.length = 0;
      const message = messageFromLine(`${type} ${i} ${line}`, 0);
      peer.says(message);
      const sent = 4 + message.options.reduce((length, { value }) => length + 1 + value.length, 0);
      const got = peer.received.reduce((length, datagram) => length + datagram.length, 0);
      assert.ok(got <= 3 * sent, `${got} bytes for ${sent}: ${type} ${line}`);
    }
  }
});

test("RFC 9175 2.4: a value that one address was given shows nothing for another", () => {
  const scene = echoed();
  const echo = echoOf(scene.plainPeer(addressNumbered(1)).asksMessage(messageFromLine(LINKS, 0)))!;
  const other = scene.plainPeer(addressNumbered(2));
  assert.match(other.asks(`${LINKS} Echo=${toHex(echo)}`), /^ACK 0001 4.01 Echo=/);
});

test("an address shows itself again when the last time is long ago", () => {
  const scene = echoed();
  const peer = scene.plainPeer();
  assert.is(provenCode(peer, LINKS), Code.CONTENT);
  scene.waits(EXCHANGE_LIFETIME_MS);
  assert.is(provenCode(peer, LINKS), Code.CONTENT);
});

test(`no more than ${PROVEN_ADDRESSES_MAX} addresses are known as their own, and the first is asked again`, () => {
  const scene = echoed();
  for (let i = 0; i <= PROVEN_ADDRESSES_MAX; i++) provenCode(scene.plainPeer(addressNumbered(i)), "CON 1 GET /fw");
  const again = scene.plainPeer(addressNumbered(0));
  assert.match(again.asks("CON 9 GET /fw"), /4\.01/);
  assert.match(scene.plainPeer(addressNumbered(PROVEN_ADDRESSES_MAX)).asks("CON 9 GET /fw"), /4\.04/);
});

test("DTLS has shown its address in the handshake, and is not asked", () => {
  const scene = echoed();
  assert.match(scene.sessionPeer().asks("CON 1 GET /fw/hub/1.0 2:0/0/64"), /2\.05/);
});

test("RFC 9175 1.1: in a session of an earlier process a block is served, and a POST has to show that it is fresh", () => {
  const scene = echoed();
  const peer = scene.sessionPeer();
  assert.match(peer.asks("CON 1 POST /fw/hub/1.0"), /^ACK 0001 4\.05/);
  scene.restartServer();
  assert.match(peer.asks("CON 2 GET /fw/hub/1.0 2:0/0/64"), /2\.05/);
  const challenge = peer.asksMessage(messageFromLine("CON 3 POST /fw/hub/1.0", 0));
  assert.is(challenge.code, Code.UNAUTHORIZED);
  assert.match(peer.asks("CON 4 POST /fw/hub/1.0 Echo=0102030405060708"), /^ACK 0004 4\.01 Echo=/);
  assert.match(peer.asks(`CON 5 POST /fw/hub/1.0 Echo=${toHex(echoOf(challenge)!)}`), /^ACK 0005 4\.05/);
  assert.match(peer.asks("CON 6 POST /fw/hub/1.0"), /^ACK 0006 4\.05/);
});

for (const dialect of [{}, { window: 4 }]) {
  test(`our own device pulls through it, ${dialect.window ?? 1} requests at a time`, () => {
    const pair = new FirmwarePair({ imageLength: 2_000, server: { coapEcho: true } });
    const device = pair.addDevice({ secure: false, dialect });
    pair.run();
    assert.equal([device.end?.kind, toHex(device.received)], ["done", toHex(pair.imageBytes)]);
    assert.ok(pair.counted("echoWanted") <= 4, `${pair.counted("echoWanted")} times`);
  });
}

test.run();
