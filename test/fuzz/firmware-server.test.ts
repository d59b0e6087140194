// Seeded garbage and mutated datagrams into a FirmwareServer that has sessions. A failure prints its seed.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, copyOf } from "../../src/base/bytes.ts";
import type { Scheme } from "../../src/coap/coap-uri.ts";
import { encodeMessage } from "../../src/coap/message.ts";
import { countingBytes, messageFromLine } from "../support/coap-line.ts";
import { type Direction, type Fate, FirmwarePair } from "../support/firmware-pair.ts";
import { addressNumbered, FirmwareScene, PSK_CCM_8, type SecurePeer } from "../support/firmware-scene.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const fuzz = suite("firmware-server");

const SEEDS = [1, 2, 3, 4, 5];
const DATAGRAMS_PER_SEED = 2_000;
const STRANGER = addressNumbered(900);

/** A pair that keeps every datagram of its own, both ways. */
function recordedPair(seed: number, imageLength: number) {
  const datagrams: Uint8Array[] = [];
  const wire = (_number: number, _direction: Direction, datagram: Uint8Array): Fate => {
    datagrams.push(copyOf(datagram));
    return "deliver";
  };
  return { pair: new FirmwarePair({ seed, imageLength, wire }), datagrams };
}

/** Every datagram of whole updates, on DTLS with and without Connection ID and on plain CoAP. */
function samples(): Uint8Array[] {
  const { pair, datagrams } = recordedPair(1, 150);
  pair.addDevice({ connectionId: Uint8Array.of(1, 2) });
  pair.addDevice({ cipherSuites: [PSK_CCM_8] });
  pair.addDevice({ secure: false });
  pair.run();
  return datagrams;
}

/** Garbage, or a sample with some of: changed bytes, a cut end, a longer end, a second sample behind it. */
function mutation(random: SeededRandom, from: readonly Uint8Array[]): Uint8Array {
  if (random.below(8) === 0) {
    const garbage = new Uint8Array(random.below(200));
    random.fill(garbage);
    return garbage;
  }
  let datagram = copyOf(from[random.below(from.length)]!);
  for (let changes = random.below(4); changes > 0 && datagram.length > 0; changes--) {
    datagram[random.below(datagram.length)] = random.below(256);
  }
  const shape = random.below(6);
  if (shape === 0) datagram = datagram.subarray(0, random.below(datagram.length + 1));
  if (shape === 1) datagram = concat(datagram, new Uint8Array(random.below(40)));
  if (shape === 2) datagram = concat(datagram, from[random.below(from.length)]!);
  return datagram;
}

function scene(): FirmwareScene {
  const made = new FirmwareScene({ dtlsParameters: { handshakesMax: 20, sessionsMax: 20 } });
  made.catalogue.publish("hub", "1.0", countingBytes(2_000));
  return made;
}

function fetchBlock(peer: SecurePeer, num: number): void {
  const line = `CON ${num.toString(16)} GET /fw/hub/1.0 2:${num % 20}/0/64`;
  const { payload } = peer.asksMessage(messageFromLine(line, 0));
  assert.equal(new Uint8Array(payload), countingBytes(64, 64 * (num % 20)));
}

for (const seed of SEEDS) {
  fuzz(`whatever comes, the server throws nothing and its sessions go on (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    const place = scene();
    const address = addressNumbered(1);
    const peers = [
      place.sessionPeer(address),
      place.sessionPeer(addressNumbered(2), { connectionId: Uint8Array.of(7) }),
    ];
    const from = samples();
    for (let count = 0; count < DATAGRAMS_PER_SEED; count++) {
      const scheme: Scheme = random.below(2) === 0 ? "coap" : "coaps";
      const sender = [STRANGER, address, addressNumbered(2), addressNumbered(3 + random.below(200))][random.below(4)]!;
      place.send(scheme, sender, mutation(random, from));
      if (count % 100 === 0) place.waits(random.below(3_000));
      if (count % 50 === 0) for (const peer of peers) fetchBlock(peer, count / 50);
      assert.ok(place.server.handshakeCount <= 20 && place.server.sessionCount <= 20);
    }
    for (const peer of peers) assert.is(peer.end, undefined);
  });
}

fuzz("RFC 6347 4.2.1: before its cookie a stranger gets at most as many bytes as it sent", () => {
  const random = new SeededRandom(6);
  const place = scene();
  const from = samples();
  let answered = 0;
  place.listen("coaps", STRANGER, (datagram) => {
    answered += datagram.length;
  });
  let answers = 0;
  for (let count = 0; count < 5 * DATAGRAMS_PER_SEED; count++) {
    const datagram = mutation(random, from);
    answered = 0;
    place.send("coaps", STRANGER, datagram);
    assert.ok(answered <= datagram.length, `${answered} bytes for ${datagram.length}`);
    if (answered > 0) answers++;
  }
  assert.ok(answers > 100, "hardly a hello was answered at all");
  assert.is(place.server.handshakeCount, 0);
});

fuzz("what strangers and mutated copies of its own datagrams do to it, a transfer completes", () => {
  for (const seed of SEEDS) {
    const random = new SeededRandom(seed);
    const { pair, datagrams } = recordedPair(seed, 3_000);
    const devices = [
      pair.addDevice({ cipherSuites: [PSK_CCM_8] }),
      pair.addDevice({ cipherSuites: [PSK_CCM_8], connectionId: Uint8Array.of(1) }),
    ];
    pair.runUntil(() => pair.server.sessionCount === devices.length);
    pair.runUntil(() => {
      const sender = random.below(2) === 0 ? STRANGER : devices[random.below(2)]!.address;
      pair.server.handleDatagram(pair.now, "coaps", sender, mutation(random, datagrams));
      for (const { device } of devices) device.handleDatagram(pair.now, mutation(random, datagrams));
      pair.drive();
      return false;
    });
    for (const device of devices) {
      assert.is(device.end?.kind, "done", `seed ${seed}`);
      assert.is(Buffer.compare(device.received, pair.imageBytes), 0);
    }
  }
});

fuzz("a device that has a key may send anything through its session: the others go on", () => {
  const random = new SeededRandom(7);
  const place = scene();
  const hostile = place.sessionPeer(addressNumbered(1));
  const other = place.sessionPeer(addressNumbered(2));
  const messages = [
    "CON 1 GET T=01 /fw/hub/1.0 2:1/0/64",
    "NON 2 GET T=0102 /fw/hub/1.0 ?offset=5 ?length=300 Size2=0",
    "CON 3 POST /fw/hub/1.0 1:0/1/16 [16 bytes]",
    "CON 4 GET /.well-known/core ?rt=fw.*",
  ].map((line) => encodeMessage(messageFromLine(line, 0)));
  for (let count = 0; count < 3 * DATAGRAMS_PER_SEED; count++) {
    hostile.saysBytes(mutation(random, messages));
    if (count % 100 === 0) fetchBlock(other, count / 100);
  }
  assert.equal([hostile.end, other.end, place.server.sessionCount], [undefined, undefined, 2]);
  assert.ok(place.counted("badOption") > 10);
});

fuzz.run();
