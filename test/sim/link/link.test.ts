import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Link } from "../../../sim/link/link.ts";
import { SharedMedium } from "../../../sim/link/shared-medium.ts";
import { Prng } from "../../../sim/prng.ts";
import type { DirectionProfile, LinkProfile } from "../../../sim/profiles/profile.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import { instant } from "../../../src/base/instant.ts";
import { datagram, linkLog, run } from "../../support/link-log.ts";

const link = suite("link");

const AT_ONCE = profileNamed("ideal");
/** 100 bytes of payload and 28 of IP and UDP take 128 ms. */
const SLOW = profileNamed("ideal:rate=8000");

function changed(profile: LinkProfile, each: Partial<DirectionProfile>, whole: Partial<LinkProfile> = {}): LinkProfile {
  return { ...profile, up: { ...profile.up, ...each }, down: { ...profile.down, ...each }, ...whole };
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

link("an ideal link delivers at the instant of sending, once the clock asks", () => {
  const { link: one, deliveries } = linkLog(AT_ONCE);
  one.send(instant(5), "up", datagram(1, 10));
  assert.equal(deliveries, []);
  run([one]);
  assert.equal(deliveries, [{ at: 5, direction: "up", id: 1, length: 10 }]);
  assert.is(one.pollTimeout(), undefined);
});

link("netem `rate 250kbit`: an IP packet of 128 bytes leaves 4.096 ms after the one before", () => {
  const { link: one, deliveries } = linkLog(profileNamed("ideal:rate=250000"));
  for (let id = 0; id < 4; id++) one.send(instant(0), "down", datagram(id, 100));
  run([one]);
  for (const { at, id } of deliveries) near(at, 4.096 * (id + 1), 1e-9);
});

link("netem `rate 250kbit`: with 14 bytes of Ethernet around each packet 4.544 ms", () => {
  const radio = { kind: "stream", rateBitsPerSecond: 250_000, overheadLength: 14 } as const;
  const { link: one, deliveries } = linkLog(changed(AT_ONCE, { radio }));
  one.send(instant(0), "up", datagram(1, 100));
  run([one]);
  near(deliveries[0]!.at, 4.544, 1e-9);
});

link("a delay comes after the serialisation, half of the round trip each way", () => {
  const { link: one, deliveries } = linkLog(profileNamed("ideal:rate=8000,rtt=1s"));
  one.send(instant(0), "up", datagram(1, 100));
  run([one]);
  assert.is(deliveries[0]?.at, 128 + 500);
});

link("full duplex: both directions at once", () => {
  const { link: one, deliveries } = linkLog(SLOW);
  one.send(instant(0), "up", datagram(1, 100));
  one.send(instant(0), "down", datagram(2, 100));
  run([one]);
  assert.equal(
    deliveries.map(({ at }) => at),
    [128, 128],
  );
});

link("half duplex: one direction after the other", () => {
  const { link: one, deliveries } = linkLog({ ...SLOW, duplex: "half" });
  one.send(instant(0), "up", datagram(1, 100));
  one.send(instant(0), "down", datagram(2, 100));
  one.send(instant(0), "up", datagram(3, 100));
  run([one]);
  assert.equal(
    deliveries.map(({ at, id }) => [at, id]),
    [
      [128, 1],
      [256, 2],
      [384, 3],
    ],
  );
});

link("a shared medium: the frames of several links one after the other", () => {
  const medium = new SharedMedium();
  const logs = [1, 2, 3].map((seed) => linkLog(SLOW, seed, medium));
  for (const { link: one } of logs) one.send(instant(0), "down", datagram(1, 100));
  run(logs.map(({ link: one }) => one));
  assert.equal(
    logs.map(({ deliveries }) => deliveries[0]?.at),
    [128, 256, 384],
  );
});

link("a shared medium of two channels: two frames at a time", () => {
  const medium = new SharedMedium(2);
  const logs = [1, 2, 3].map((seed) => linkLog(SLOW, seed, medium));
  for (const { link: one } of logs) one.send(instant(0), "down", datagram(1, 100));
  run(logs.map(({ link: one }) => one));
  assert.equal(
    logs.map(({ deliveries }) => deliveries[0]?.at),
    [128, 128, 256],
  );
});

link("a packet of the MTU is carried, one byte more is dropped", () => {
  const { link: one, deliveries, drops } = linkLog(profileNamed("ideal:mtu=200"));
  one.send(instant(0), "up", datagram(1, 172));
  one.send(instant(0), "up", datagram(2, 173));
  run([one]);
  assert.equal(
    deliveries.map(({ id }) => id),
    [1],
  );
  assert.equal(drops, [{ at: 0, direction: "up", reason: "tooLarge" }]);
});

link("a full queue drops the newest", () => {
  const { link: one, deliveries, drops } = linkLog(changed(SLOW, { queue: { countMax: 3, lifetimeSeconds: 60 } }));
  // One is on air at once, three wait.
  for (let id = 1; id <= 6; id++) one.send(instant(0), "down", datagram(id, 100));
  run([one]);
  assert.equal(
    deliveries.map(({ id }) => id),
    [1, 2, 3, 4],
  );
  assert.equal(
    drops.map(({ reason }) => reason),
    ["queueFull", "queueFull"],
  );
});

link("what waits longer than the queue's lifetime is dropped", () => {
  const { link: one, deliveries, drops } = linkLog(changed(SLOW, { queue: { countMax: 9, lifetimeSeconds: 0.2 } }));
  for (let id = 1; id <= 4; id++) one.send(instant(0), "down", datagram(id, 100));
  run([one]);
  assert.equal(
    deliveries.map(({ id }) => id),
    [1, 2],
  );
  assert.equal(
    drops.map(({ at, reason }) => [at, reason]),
    [
      [256, "expired"],
      [256, "expired"],
    ],
  );
});

link("what cannot get the channel within the queue's lifetime is dropped and takes none of it", () => {
  const medium = new SharedMedium();
  const profile = changed(SLOW, { queue: { countMax: 9, lifetimeSeconds: 0.2 } });
  const logs = [1, 2, 3].map((seed) => linkLog(profile, seed, medium));
  for (const { link: one } of logs) one.send(instant(0), "down", datagram(1, 100));
  assert.equal(
    logs.map(({ drops }) => drops.length),
    [0, 0, 1],
  );
  assert.is(medium.freeAt(instant(0)), 256);
});

link("a link without a rate holds a bounded number of datagrams", () => {
  const { link: one } = linkLog(profileNamed("ideal:rtt=20s"));
  const bytes = datagram(1, 10);
  for (let i = 0; i < 70_000; i++) one.send(instant(0), "up", bytes);
  run([one]);
  assert.ok(one.statistics.up.droppedCount["queueFull"] > 0);
  assert.ok(one.statistics.up.deliveredCount <= 65_536);
});

function inversionCount(inOrder: boolean): number {
  const delay = { kind: "uniform", minMs: 80, maxMs: 120 } as const;
  const { link: one, deliveries } = linkLog(changed(AT_ONCE, { delay, inOrder }));
  for (let id = 0; id < 200; id++) one.send(instant(id), "up", datagram(id, 10));
  run([one]);
  assert.is(deliveries.length, 200);
  return deliveries.filter(({ id }, i) => i > 0 && id < deliveries[i - 1]!.id).length;
}

link("a bearer that keeps order keeps it under jitter", () => {
  assert.is(inversionCount(true), 0);
});

link("without order kept, jitter turns datagrams around as netem does", () => {
  assert.ok(inversionCount(false) > 50);
});

link("reassembly: a datagram arrives when each of its frames does", () => {
  const us915 = profileNamed("lorawan-us915-dr8-c");
  const { link: one } = linkLog({ ...us915, down: { ...us915.down, queue: { countMax: 9, lifetimeSeconds: 1e6 } } });
  const sentCount = 5000;
  // 3 bytes of compressed header and 99 of payload fill two frames of 51; each is lost with chance 0.1.
  for (let i = 0; i < sentCount; i++) one.send(instant(i * 10_000), "down", datagram(1, 99));
  run([one]);
  assert.is(one.statistics.down.frameCount, 2 * sentCount);
  near(one.statistics.down.droppedCount.lost / sentCount, 0.19, 4 * Math.sqrt(0.1539 / sentCount));
});

link("duplication comes last: loss takes a tenth, and a twentieth of the rest arrives twice", () => {
  const { link: one, deliveries } = linkLog(profileNamed("bernoulli:loss=10%,duplicate=5%"));
  const sentCount = 100_000;
  for (let i = 0; i < sentCount; i++) {
    one.send(instant(i), "up", datagram(0, 10));
  }
  run([one]);
  const { up } = one.statistics;
  near(up.droppedCount.lost / sentCount, 0.1, 4 * Math.sqrt(0.09 / sentCount));
  near(up.duplicateCount / sentCount, 0.045, 4 * Math.sqrt(0.043 / sentCount));
  assert.is(deliveries.length, up.deliveredCount + up.duplicateCount);
});

link("an answer that is sent while a datagram is delivered goes behind what was sent before it", () => {
  const order: string[] = [];
  const one: Link = new Link(AT_ONCE, new Prng(1), {
    deliver(now, direction, { 0: id }) {
      order.push(`${direction} ${id}`);
      if (direction === "up") one.send(now, "down", datagram(id!, 10));
    },
  });
  for (let id = 1; id <= 3; id++) one.send(instant(0), "up", datagram(id, 10));
  run([one]);
  assert.equal(
    order.filter((text) => text.startsWith("down")),
    ["down 1", "down 2", "down 3"],
  );
});

link("a call that comes late does each thing at its own instant", () => {
  const { link: one, deliveries } = linkLog(SLOW);
  for (let id = 1; id <= 3; id++) one.send(instant(0), "up", datagram(id, 100));
  one.handleTimeout(instant(100));
  assert.equal(deliveries, []);
  one.handleTimeout(instant(5000));
  assert.equal(
    deliveries.map(({ at }) => at),
    [128, 256, 384],
  );
});

link("statistics add up: each datagram is delivered or dropped for one reason, all bytes are counted", () => {
  const { link: one, deliveries, drops } = linkLog(profileNamed("nb-iot-ce1"));
  for (let i = 0; i < 500; i++) {
    one.send(instant(i * 700), "up", datagram(i & 255, 50));
    one.send(instant(i * 700), "down", datagram(i & 255, 1400 - (i % 200)));
  }
  run([one]);
  for (const direction of ["up", "down"] as const) {
    const statistics = one.statistics[direction];
    const droppedCount = Object.values(statistics.droppedCount).reduce((sum, count) => sum + count, 0);
    assert.is(statistics.sentCount, 500);
    assert.is(statistics.deliveredCount + droppedCount, 500);
    assert.is(deliveries.filter((one) => one.direction === direction).length, statistics.deliveredCount);
    assert.is(drops.filter((one) => one.direction === direction).length, droppedCount);
  }
  const { up } = one.statistics;
  assert.is(up.bytesOnAir, up.frameCount * (50 + 28 + 9));
  near(up.airtimeSeconds, (up.bytesOnAir * 8) / 2880, 1e-6);
});

link("energy: what the device sends, receives and listens, and its wake-ups, the first one included", () => {
  const { link: one } = linkLog({
    ...SLOW,
    sleep: { idleSeconds: 10, wakeSeconds: 1 },
    energy: { transmitWatts: 2, receiveWatts: 1, wakeJoules: 0.5 },
  });
  one.send(instant(0), "up", datagram(1, 100));
  one.send(instant(1000), "down", datagram(2, 100));
  one.send(instant(60_000), "up", datagram(3, 100));
  run([one]);
  // Awake from 0 to 11.128 s and from 61 to 71.128 s, each time 10 s longer than anything was on the air.
  const listening = 11.128 + 10.128 - 0.128;
  near(one.energyJoules(instant(61_128)), 2 * 2 * 0.128 + 0.128 + listening + 2 * 0.5, 1e-9);
});

function trace(seed: number): string {
  const { link: one, deliveries, drops } = linkLog(profileNamed("6lowpan-3hop"), seed);
  const traffic = new Prng(77);
  let now = instant(0);
  for (let i = 0; i < 2000; i++) {
    now = instant(now + traffic.exponential(300));
    one.send(now, i % 2 === 0 ? "up" : "down", datagram(i & 255, 1 + traffic.below(1200)));
  }
  run([one]);
  return JSON.stringify([deliveries, drops, one.statistics]);
}

link("the same seed gives the same trace, byte for byte; another seed another", () => {
  assert.is(trace(5), trace(5));
  assert.is.not(trace(5), trace(6));
});

link.run();
