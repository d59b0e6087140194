// Whole updates between a FirmwareDevice and a FirmwareServer, over a wire that does its worst.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_TRANSMISSION_PARAMETERS } from "../../src/coap/parameters.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import {
  type DeviceInput,
  type Fate,
  FirmwarePair,
  type PairedDevice,
  type PairInput,
} from "../support/firmware-pair.ts";
import { PSK_CCM_8 } from "../support/firmware-scene.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const update = suite("firmware-update");

/** The shortest handshake, for tests that run hundreds of them. */
const PLAIN_PSK: DeviceInput = { cipherSuites: [PSK_CCM_8] };

function assertUpdated(pair: FirmwarePair, device: PairedDevice, message?: string): void {
  assertDone(device, pair.image, message);
  assert.is(Buffer.compare(device.received, pair.imageBytes), 0, message);
}

function assertDone(device: PairedDevice, image: { length: number; sha256: Uint8Array }, message?: string): void {
  assert.equal(device.end, { kind: "done", length: image.length, sha256: Uint8Array.from(image.sha256) }, message);
}

/** One update, run to its end. */
function updated(input: PairInput, deviceInput: DeviceInput): FirmwarePair {
  const pair = new FirmwarePair(input);
  const device = pair.addDevice(deviceInput);
  pair.run();
  assertUpdated(pair, device);
  return pair;
}

for (const secure of [true, false]) {
  const scheme = secure ? "coaps" : "coap";

  update(`RFC 7959 2.4: an update over ${scheme} ends with equal bytes for every block size`, () => {
    for (const blockSize of [16, 32, 64, 128, 256, 512, 1024]) {
      for (const imageLength of [1, blockSize, 3 * blockSize, 3 * blockSize + 1]) {
        const pair = updated({ imageLength }, { ...PLAIN_PSK, secure, dialect: { blockSize } });
        assert.is(pair.devices[0]!.blockCount, Math.ceil(imageLength / blockSize));
      }
    }
  });

  update(`RFC 7959 2.4: over ${scheme} a server of smaller blocks than the device asks for is followed`, () => {
    const pair = updated({ server: { blockSize: 32 } }, { ...PLAIN_PSK, secure, dialect: { blockSize: 1024 } });
    assert.is(pair.devices[0]!.blockCount, Math.ceil(150 / 32));
  });

  update(`a device over ${scheme} fetches a slice`, () => {
    const pair = new FirmwarePair();
    const device = pair.addDevice({ ...PLAIN_PSK, secure, queries: ["offset=20", "length=100"] });
    pair.run();
    assert.is(device.end?.kind, "done");
    assert.is(Buffer.compare(device.received, pair.imageBytes.subarray(20, 120)), 0);
  });

  update(`RFC 7252 4.2: over ${scheme} each single datagram of a whole update may be lost`, () => {
    forEachDatagram(secure, "drop");
  });

  update(`RFC 7252 4.5: over ${scheme} each single datagram of a whole update may come twice`, () => {
    forEachDatagram(secure, "duplicate");
  });

  update(`over ${scheme} an update ends equal, or fails with a reason, when a fifth of all datagrams is lost`, () => {
    let updatedCount = 0;
    const seeds = 40;
    for (let seed = 1; seed <= seeds; seed++) {
      const pair = new FirmwarePair({ seed, imageLength: 1_000, wire: lossyWire(seed) });
      const device = pair.addDevice({ ...PLAIN_PSK, secure });
      pair.run();
      if (device.end?.kind === "done") {
        assertUpdated(pair, device, `seed ${seed}`);
        updatedCount++;
      } else assert.ok(["handshakeFailed", "unanswered"].includes(device.end?.kind ?? ""), `seed ${seed}`);
    }
    // A CON of five transmissions fails with probability 0.36^5, and the handshake's flights are as patient.
    assert.ok(updatedCount > seeds / 2, `only ${updatedCount} of ${seeds} seeds ended well`);
  });
}

update("any two datagrams of a whole update may be lost", () => {
  const { datagramCount } = updated({}, PLAIN_PSK);
  for (let first = 1; first <= datagramCount; first++) {
    for (let second = first + 1; second <= datagramCount + 1; second++) {
      updated({ wire: (number) => (number === first || number === second ? "drop" : "deliver") }, PLAIN_PSK);
    }
  }
});

update("the default cipher suites take a device through an update", () => {
  const pair = updated({}, {});
  const cipherSuite = "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256";
  assert.equal(pair.devices[0]!.events[0], { kind: "connected", cipherSuite, connectionId: false });
});

update("the server tells of the session, the transfer's progress and its end", () => {
  const pair = updated({ imageLength: 1_000 }, { ...PLAIN_PSK, dialect: { blockSize: 128 } });
  assert.equal(
    pair.serverEvents.map((event) =>
      event.kind === "transfer" ? `${event.news.kind} ${event.news.percent}` : event.kind,
    ),
    ["sessionUp", "begun 0", "progress 25", "progress 50", "progress 75", "done 100"],
  );
  const { news } = pair.eventsOf("transfer").at(-1)!;
  assert.equal([news.blocks, news.resends, news.bytes, news.seconds], [8, 0, 1_000, 0.7]);
});

update("RFC 7959 2.4: an image that changes under a download is fetched anew, and is the new one", () => {
  const pair = new FirmwarePair({ imageLength: 500 });
  const device = pair.addDevice(PLAIN_PSK);
  pair.runUntil(() => device.blockCount === 3);
  const bytes = new Uint8Array(400).fill(7);
  const image = pair.catalogue.publish("hub", "1.0", bytes);
  pair.run();
  assert.is(device.events.filter(({ kind }) => kind === "restarted").length, 1);
  assertDone(device, image);
  assert.equal(device.received, bytes);
});

update("with a window, an answer of the image before that comes late does not bring the image before back", () => {
  const windowed: DeviceInput = { ...PLAIN_PSK, dialect: { window: "auto" } };
  for (let lost = 7; lost < 40; lost++) {
    // The answer that is lost comes again out of the resend cache, when the image is another one already.
    const pair = new FirmwarePair({ imageLength: 2_000, wire: (number) => (number === lost ? "drop" : "deliver") });
    const device = pair.addDevice(windowed);
    pair.runUntil(() => device.blockCount === 6);
    const image = pair.catalogue.publish("hub", "1.0", new Uint8Array(1_900).fill(7));
    pair.run();
    assert.is(device.events.filter(({ kind }) => kind === "restarted").length, 1, `datagram ${lost}`);
    assertDone(device, image, `datagram ${lost}`);
  }
});

update("the statistics keep the latest 4096 round trips, however many blocks an image has", () => {
  const blocks = 4_200;
  const pair = new FirmwarePair({ imageLength: 16 * blocks });
  const slot = new MemoryFlash(2 ** 17, 512);
  const device = pair.addDevice({ ...PLAIN_PSK, slot, dialect: { blockSize: 16, window: 8 } });
  pair.run();
  assertUpdated(pair, device);
  const { statistics } = device.device;
  assert.equal([statistics.blocks, statistics.roundTripsMs.length], [blocks, 4_096]);
});

update("an image that turns out damaged in mid-transfer ends it at both sides with a reason", () => {
  const pair = new FirmwarePair({ imageLength: 500 });
  const device = pair.addDevice(PLAIN_PSK);
  pair.runUntil(() => device.blockCount === 3);
  pair.catalogue.damage("hub", "1.0", "digest mismatch");
  pair.run();
  assert.equal(device.end, { kind: "refused", detail: "5.00 (image damaged)" });
  // Once, and four times more because it might have passed.
  assert.is(pair.eventsOf("imageDamaged").length, 5);
});

update("an image that is not there is refused with the server's code", () => {
  const pair = new FirmwarePair();
  const device = pair.addDevice({ ...PLAIN_PSK, path: ["fw", "hub", "2.0"] });
  pair.run();
  assert.equal(device.end, { kind: "refused", detail: "4.04" });
});

// Datagrams 1 to 6 are the handshake, 7 asks for block 0 and 8 brings it.
const WITHOUT_FIRST_ANSWER: PairInput = { wire: (number) => (number === 8 ? "drop" : "deliver") };

update("RFC 7252 4.5: a lost answer is sent again out of the resend cache, and counted as a resend", () => {
  const dialect = { window: 1, timer: DEFAULT_TRANSMISSION_PARAMETERS };
  const pair = updated(WITHOUT_FIRST_ANSWER, { ...PLAIN_PSK, dialect });
  const { news } = pair.eventsOf("transfer").at(-1)!;
  assert.equal([news.kind, news.blocks, news.resends, news.bytes], ["done", 4, 1, 150]);
  assert.is(pair.devices[0]!.device.statistics.retransmissions, 1);
});

update("our own device asks under a new Message ID for what got lost, which counts as a resend too", () => {
  const pair = updated(WITHOUT_FIRST_ANSWER, PLAIN_PSK);
  const { news } = pair.eventsOf("transfer").at(-1)!;
  assert.equal([news.kind, news.blocks, news.resends, news.bytes], ["done", 4, 1, 150 + 64]);
  assert.is(pair.devices[0]!.device.statistics.retransmissions, 1);
});

function forEachDatagram(secure: boolean, fate: Fate): void {
  const deviceInput = { ...PLAIN_PSK, secure };
  const { datagramCount } = updated({}, deviceInput);
  assert.ok(datagramCount >= (secure ? 12 : 6));
  for (let chosen = 1; chosen <= datagramCount; chosen++) {
    const pair = new FirmwarePair({ wire: (number) => (number === chosen ? fate : "deliver") });
    const device = pair.addDevice(deviceInput);
    pair.run();
    assertUpdated(pair, device, `datagram ${chosen}`);
    assert.is(pair.server.sessionCount, secure ? 1 : 0, `datagram ${chosen}`);
  }
}

function lossyWire(seed: number): () => Fate {
  const random = new SeededRandom(seed);
  return () => (random.below(5) === 0 ? "drop" : "deliver");
}

update.run();
