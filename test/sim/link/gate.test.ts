// What makes a link wait before it sends: sleep, duty cycle, class A windows, passes and outages.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Link } from "../../../sim/link/link.ts";
import { EU868_DATA_RATES, LORAWAN_OVERHEAD_LENGTH, loraTimeOnAir, silenceAfter } from "../../../sim/link/lora.ts";
import { SharedMedium } from "../../../sim/link/shared-medium.ts";
import { Prng } from "../../../sim/prng.ts";
import type { LinkProfile } from "../../../sim/profiles/profile.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import { instant } from "../../../src/base/instant.ts";
import { datagram, linkLog, run } from "../../support/link-log.ts";

const gate = suite("gate");

const SLEEPY: LinkProfile = { ...profileNamed("ideal"), sleep: { idleSeconds: 10, wakeSeconds: 2.7 } };
const SAFE_DR5 = lossless("lorawan-eu868-dr5-c");
const CLASS_A = lossless("lorawan-eu868-dr5-a");

const DR5 = { ...EU868_DATA_RATES.DR5, codingRate: 1 };
const POLL_MS = loraTimeOnAir({ ...DR5, crc: true }, LORAWAN_OVERHEAD_LENGTH);

function lossless(name: string): LinkProfile {
  const profile = profileNamed(name);
  const loss = { kind: "none" } as const;
  const delay = { kind: "fixed", ms: 0 } as const;
  return { ...profile, up: { ...profile.up, loss, delay }, down: { ...profile.down, loss, delay } };
}

function near(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);
}

gate("an uplink after the idle time pays for waking up, the next one does not", () => {
  const { link, deliveries } = linkLog(SLEEPY);
  link.send(instant(0), "up", datagram(1, 10));
  link.send(instant(9999), "up", datagram(2, 10));
  link.send(instant(30_000), "up", datagram(3, 10));
  run([link]);
  link.send(instant(33_000), "up", datagram(4, 10));
  run([link]);
  assert.equal(
    deliveries.map(({ at }) => at),
    [0, 9999, 32_700, 33_000],
  );
});

gate("a downlink for a sleeping device waits for its next uplink", () => {
  const { link, deliveries } = linkLog(SLEEPY);
  link.send(instant(0), "up", datagram(1, 10));
  link.send(instant(20_000), "down", datagram(2, 10));
  run([link]);
  assert.is(deliveries.length, 1);
  link.send(instant(30_000), "up", datagram(3, 10));
  run([link]);
  assert.equal(
    deliveries.map(({ at, id }) => [at, id]),
    [
      [0, 1],
      [32_700, 3],
      [32_700, 2],
    ],
  );
});

const PAGED: LinkProfile = {
  ...profileNamed("ideal"),
  sleep: { idleSeconds: 10, wakeSeconds: 2, paging: { everySeconds: 8, forSeconds: 40 } },
};

gate("a downlink for an idle device waits for its next paging occasion and for its waking up", () => {
  const delays = Array.from({ length: 200 }, (_, seed) => {
    const { link, deliveries } = linkLog(PAGED, seed);
    link.send(instant(0), "up", datagram(1, 10));
    link.send(instant(15_000), "down", datagram(2, 10));
    run([link]);
    return deliveries[1]!.at - 15_000;
  });
  assert.ok(Math.min(...delays) >= 2_000 && Math.max(...delays) <= 10_000);
  const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  // Half a cycle of 8 s, give or take four deviations of a mean of 200 even draws.
  assert.ok(Math.abs(mean - 6_000) < 4 * (8_000 / Math.sqrt(12 * 200)), `${mean} ms`);
});

gate("an uplink does not wait for the paging occasion that a downlink waits for", () => {
  const { link, deliveries } = linkLog({
    ...PAGED,
    sleep: { ...PAGED.sleep!, paging: { everySeconds: 35, forSeconds: 40 } },
  });
  link.send(instant(0), "up", datagram(1, 10));
  link.send(instant(12_000), "down", datagram(2, 10));
  link.send(instant(12_100), "up", datagram(3, 10));
  run([link]);
  assert.is(deliveries.find(({ id }) => id === 3)!.at, 14_100);
});

gate("after its active time a device is in PSM: a downlink waits for the next uplink", () => {
  const { link, deliveries } = linkLog(PAGED);
  link.send(instant(0), "up", datagram(1, 10));
  link.send(instant(51_000), "down", datagram(2, 10));
  run([link]);
  assert.is(deliveries.length, 1);
  link.send(instant(70_000), "up", datagram(3, 10));
  run([link]);
  assert.equal(
    deliveries.slice(1).map(({ at }) => at),
    [72_000, 72_000],
  );
});

gate("a network keeps few downlinks for a sleeping device, and not for ever", () => {
  const queue = { countMax: 2, lifetimeSeconds: 60 };
  const { link, deliveries, drops } = linkLog({ ...SLEEPY, down: { ...SLEEPY.down, queue } });
  link.send(instant(0), "up", datagram(1, 10));
  for (let id = 2; id <= 4; id++) link.send(instant(20_000), "down", datagram(id, 10));
  link.send(instant(90_000), "up", datagram(5, 10));
  run([link]);
  assert.equal(
    deliveries.map(({ id }) => id),
    [1, 5],
  );
  assert.equal(
    drops.map(({ reason }) => reason),
    ["queueFull", "expired", "expired"],
  );
});

gate("the first datagram each way after a wake-up meets a loss of its own", () => {
  const { link, deliveries } = linkLog({ ...SLEEPY, sleep: { idleSeconds: 10, wakeSeconds: 1, firstLoss: 1 } });
  link.send(instant(0), "up", datagram(1, 10));
  link.send(instant(20_000), "up", datagram(2, 10));
  run([link]);
  link.send(instant(21_500), "up", datagram(3, 10));
  link.send(instant(21_500), "down", datagram(4, 10));
  run([link]);
  link.send(instant(21_600), "down", datagram(5, 10));
  run([link]);
  assert.equal(
    deliveries.map(({ id }) => id),
    [1, 3, 5],
  );
});

gate("a first loss after waking up never takes the place of a greater one", () => {
  const dead = { ...profileNamed("bernoulli:loss=100%"), sleep: { idleSeconds: 10, wakeSeconds: 1, firstLoss: 0 } };
  const { link, deliveries } = linkLog(dead);
  link.send(instant(0), "up", datagram(1, 10));
  link.send(instant(20_000), "up", datagram(2, 10));
  run([link]);
  assert.equal(deliveries, []);
});

gate("a gateway keeps silent after each frame: nine times its time on air on the 10 % band", () => {
  const { link, deliveries } = linkLog(SAFE_DR5);
  for (let id = 1; id <= 3; id++) link.send(instant(0), "down", datagram(id, 237));
  run([link]);
  const frameMs = loraTimeOnAir({ ...DR5, crc: false }, 255);
  near(frameMs, 394.496);
  for (const [i, { at }] of deliveries.entries()) near(at, frameMs + i * 10 * frameMs);
  near(link.statistics.down.dutyCycleWaitSeconds, (2 * 9 * frameMs) / 1000);
});

gate("a gateway's duty cycle is shared by all devices that it serves, a device's is its own", () => {
  const medium = new SharedMedium();
  const logs = [1, 2].map((seed) => linkLog(SAFE_DR5, seed, medium));
  for (const { link } of logs) link.send(instant(0), "down", datagram(1, 237));
  run(logs.map(({ link }) => link));
  near(logs[1]!.deliveries[0]?.at, 11 * 394.496);
  for (const { link } of logs) link.send(instant(60_000), "up", datagram(1, 237));
  run(logs.map(({ link }) => link));
  near(logs[1]!.deliveries[1]?.at, 60_000 + 2 * 399.616);
});

gate("a gateway that an uplink kept waiting beyond its turn keeps the whole silence after its frame", () => {
  const { link, deliveries } = linkLog(SAFE_DR5);
  link.send(instant(0), "up", datagram(1, 237));
  for (let id = 2; id <= 3; id++) link.send(instant(0), "down", datagram(id, 237));
  run([link]);
  near(deliveries[1]?.at, 399.616 + 394.496);
  near(deliveries[2]?.at, 399.616 + 11 * 394.496);
});

gate("RFC 8724: a packet longer than N goes in frames of its own, each of which pays the duty cycle", () => {
  const { link, deliveries } = linkLog(SAFE_DR5);
  // 3 bytes of compressed header and 477 of payload fill two frames of 240.
  link.send(instant(0), "down", datagram(1, 477));
  run([link]);
  assert.is(link.statistics.down.frameCount, 2);
  near(deliveries[0]?.at, 11 * 394.496);
});

gate("LoRaWAN class A: a downlink in RX1, one second after the uplink that comes before it", () => {
  const { link, deliveries } = linkLog(CLASS_A);
  link.send(instant(0), "up", datagram(1, 1));
  run([link]);
  const uplinkEnd = deliveries[0]!.at;
  link.send(instant(uplinkEnd + 300), "down", datagram(2, 1));
  run([link]);
  near(deliveries[1]?.at, uplinkEnd + 1000 + loraTimeOnAir({ ...DR5, crc: false }, 19));
});

gate("LoRaWAN class A: too late for RX1 a downlink takes RX2", () => {
  const { link, deliveries } = linkLog(CLASS_A);
  link.send(instant(0), "up", datagram(1, 1));
  run([link]);
  const uplinkEnd = deliveries[0]!.at;
  link.send(instant(uplinkEnd + 1001), "down", datagram(2, 1));
  run([link]);
  near(deliveries[1]?.at, uplinkEnd + 2000 + loraTimeOnAir({ ...DR5, crc: false }, 19));
});

gate(
  "EN 300 220: class A's first window is in the uplinks' band of 1 %, and the second one in the network's of 10 %",
  () => {
    const queue = { countMax: 12, lifetimeSeconds: 3_600 };
    const { link, deliveries } = linkLog({ ...CLASS_A, down: { ...CLASS_A.down, queue } });
    // 3 bytes of compressed header and 237 of payload fill a frame: 394.496 ms.
    for (let id = 1; id <= 12; id++) link.send(instant(0), "down", datagram(id % 4, 237));
    run([link]);
    const periodMs = POLL_MS + silenceAfter(POLL_MS, 0.01);
    const windows = deliveries.map(({ at }, i) => Math.round(at - 394.496 - i * periodMs - POLL_MS));
    // The first window's band is silent for 39,055 ms after its frame, which is for eight uplinks.
    assert.equal(windows, [1_000, ...Array.from({ length: 8 }, () => 2_000), 1_000, 2_000, 2_000]);
  },
);

gate("LoRaWAN class A: for all further downlinks the device asks by empty uplinks at its duty cycle", () => {
  const { link, deliveries } = linkLog(CLASS_A);
  for (let id = 1; id <= 4; id++) link.send(instant(0), "down", datagram(id, 1));
  run([link]);
  const periodMs = POLL_MS + silenceAfter(POLL_MS, 0.01);
  near(3_600_000 / periodMs, 776.933_701_657);
  // One frame in the band of the first window silences that for 5.6 s: the next one takes the second window.
  const frameMs = loraTimeOnAir({ ...DR5, crc: false }, 19);
  for (const [i, { at }] of deliveries.entries()) near(at, i * periodMs + POLL_MS + 1_000 * (1 + (i % 2)) + frameMs);
  assert.is(link.statistics.up.sentCount, 0);
  assert.is(link.statistics.up.frameCount, 4);
});

/** Of one that waits for its duty cycle, sent at 4,500, with downlinks that wait for it. */
function uplinkDeliveredAt(...downlinksAt: readonly number[]): number {
  const { link, deliveries } = linkLog(CLASS_A);
  link.send(instant(0), "up", datagram(1, 100));
  for (const at of [...downlinksAt, 4_500].sort()) {
    run([link], at);
    if (at === 4_500) link.send(instant(at), "up", datagram(2, 10));
    else link.send(instant(at), "down", datagram(9, 1));
  }
  run([link], 60_000);
  return deliveries.find(({ id }) => id === 2)!.at;
}

gate("LoRaWAN class A: no empty uplink takes the place of one that waits for its duty cycle", () => {
  const alone = uplinkDeliveredAt();
  assert.ok(alone > 20_000);
  for (const downlinksAt of [[4_000], [5_000], [4_000, 5_000], [5_000, 5_001]]) {
    assert.is(uplinkDeliveredAt(...downlinksAt), alone, `${downlinksAt}`);
  }
});

gate("LoRaWAN class A: the network answers to an uplink that expired, while the next one takes its turn", () => {
  const up = { ...CLASS_A.up, queue: { ...CLASS_A.up.queue, lifetimeSeconds: 4 } };
  const deliveries: number[] = [];
  const link: Link = new Link({ ...CLASS_A, up }, new Prng(1), {
    deliver: (_now, direction, bytes) => void (direction === "up" && deliveries.push(bytes[0]!)),
    dropped: (now, direction) => void (direction === "up" && link.send(now, "down", datagram(9, 1))),
  });
  link.send(instant(0), "up", datagram(1, 100));
  run([link], 1_000);
  const silentUntil = 100 * link.statistics.up.airtimeSeconds * 1_000;
  link.send(instant(silentUntil - 5_000), "up", datagram(2, 10));
  link.send(instant(silentUntil - 2_000), "up", datagram(3, 10));
  run([link], silentUntil + 1_000);
  assert.equal([deliveries, link.statistics.up.frameCount], [[1, 3], 2]);
});

gate("LoRaWAN class A: an uplink that the network did not hear opens no window", () => {
  const loss = { kind: "bernoulli", probability: 1 } as const;
  const { link } = linkLog({ ...CLASS_A, up: { ...CLASS_A.up, loss } });
  link.send(instant(0), "down", datagram(1, 1));
  run([link], 60_000);
  assert.ok(link.statistics.up.frameCount > 10);
  assert.is(link.statistics.down.frameCount, 0);
});

gate("LoRaWAN class A: a datagram takes the place of an empty uplink that still waits", () => {
  const { link, deliveries } = linkLog(CLASS_A);
  for (let id = 1; id <= 2; id++) link.send(instant(0), "down", datagram(id, 1));
  run([link], 3000);
  link.send(instant(3000), "up", datagram(3, 1));
  run([link]);
  assert.equal(
    deliveries.map(({ id }) => id),
    [1, 3, 2],
  );
  assert.is(link.statistics.up.frameCount, 2);
});

gate("a satellite carries datagrams while it passes, and stores them until then", () => {
  const { link, deliveries } = linkLog({ ...profileNamed("ideal"), passes: { everySeconds: 5700, openSeconds: 360 } });
  link.send(instant(359_999), "up", datagram(1, 10));
  link.send(instant(360_000), "up", datagram(2, 10));
  run([link]);
  assert.equal(
    deliveries.map(({ at }) => at),
    [359_999, 5_700_000],
  );
});

gate("an outage delays what comes in it until it ends", () => {
  const outage = { meanOutageSeconds: 30, meanBetweenSeconds: 30 };
  const { link, deliveries } = linkLog({ ...profileNamed("ideal"), outage });
  const sentAt = new Map<number, number>();
  for (let id = 0; id < 250; id++) {
    link.send(instant(id * 5000), "up", datagram(id, 10));
    sentAt.set(id, id * 5000);
  }
  run([link]);
  assert.is(deliveries.length, 250);
  const lateCount = deliveries.filter(({ at, id }) => at > sentAt.get(id)!).length;
  assert.ok(lateCount > 60 && lateCount < 190, `${lateCount} of 250 came late`);
});

gate.run();
