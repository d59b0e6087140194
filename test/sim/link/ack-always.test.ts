// RFC 9011 5.6.3 and RFC 8724 8.4.2, ACK-Always: the closed forms of docs/links.md 3, by hand for SF7 at 125 kHz. A frame of
// 255 bytes down takes 394.496 ms, one of 38 takes 77.056 ms, and an acknowledgement of 14 bytes up takes 46.336 ms.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LinkProfile } from "../../../sim/profiles/profile.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import { leastPhysicalLimitSeconds, physicalLimitSeconds } from "../../../sim/tune/physical-limit.ts";
import { instant } from "../../../src/base/instant.ts";
import { datagram, linkLog, run } from "../../support/link-log.ts";

const test = suite("ack-always");

function near(actual: number, expected: number, tolerance = 1e-6): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

/** 500 bytes and 3 of compressed headers: fragments of 240, 240 and 23 bytes. */
const LENGTH = 500;

/** Gives a datagram of three fragments to the link, at 0. */
function sent(profile: LinkProfile, limitMs?: number) {
  const log = linkLog(profile);
  log.link.send(instant(0), "down", datagram(1, LENGTH));
  run([log.link], limitMs);
  return log;
}

test("class C without loss: fragments leave at the gateway's duty cycle of 10 %, and acknowledgements cost no time", () => {
  const { link, deliveries, drops } = sent(profileNamed("lorawan-eu868-dr5-c:loss=0%,ack-always=on"));
  assert.equal(drops, []);
  // Periods of ten times 394.496 ms; the second acknowledgement waits for the device's duty cycle, until 5028.096 ms.
  near(deliveries[0]!.at, 2 * 3_944.96 + 77.056 + 50);
  assert.is(deliveries.length, 1);
  const { up, down } = link.statistics;
  assert.equal([up.frameCount, up.bytesOnAir, down.frameCount, down.bytesOnAir], [3, 3 * 14, 3, 255 + 255 + 38]);
  near(up.airtimeSeconds, 3 * 0.046336);
  near(down.airtimeSeconds, 2 * 0.394496 + 0.077056);
});

test("class C: its energy is what is sent besides, 145 mW instead of 32 mW for 46.336 ms each time", () => {
  const energies = ["on", "off"].map((value) => {
    const profile = profileNamed(`lorawan-eu868-dr5-c:loss=0%,ack-always=${value}`);
    return sent(profile).link.energyJoules(instant(60_000));
  });
  near(energies[0]! - energies[1]!, 3 * 0.046336 * (0.145 - 0.032), 1e-9);
});

test("class C: without a word the fragment is sent again after 30 s, eight times, and then the datagram is lost", () => {
  const lossless = profileNamed("lorawan-eu868-dr5-c:loss=0%,ack-always=on");
  const deaf: LinkProfile = { ...lossless, down: { ...lossless.down, loss: { kind: "bernoulli", probability: 1 } } };
  const { link, deliveries, drops } = sent(deaf);
  assert.equal([deliveries.length, drops.length, drops[0]!.reason], [0, 1, "lost"]);
  near(drops[0]!.at, 8 * (394.496 + 30_000), 1e-3);
  assert.equal([link.statistics.down.frameCount, link.statistics.up.frameCount], [8, 0]);
});

test("a lost acknowledgement has the fragment sent again, and the datagram comes once", () => {
  const lossless = profileNamed("lorawan-eu868-dr5-c:loss=0%,ack-always=on");
  const mute: LinkProfile = { ...lossless, up: { ...lossless.up, loss: { kind: "bernoulli", probability: 1 } } };
  const one = linkLog(mute);
  one.link.send(instant(0), "down", datagram(1, 20));
  run([one.link]);
  assert.equal([one.deliveries.length, one.drops.length], [1, 0]);
  assert.equal([one.link.statistics.down.frameCount, one.link.statistics.up.frameCount], [8, 8]);
});

test("a fragment that got lost is sent again alone: all datagrams come at a loss of 20 %, where none came without", () => {
  for (const name of ["lorawan-eu868-dr5-c", "lorawan-eu868-dr5-a"]) {
    const counts = ["on", "off"].map((value) => {
      const { link, deliveries } = linkLog(profileNamed(`${name}:loss=20%,ack-always=${value}`), 7);
      for (let i = 0; i < 20; i++) {
        const at = i * 3_600_000;
        run([link], at);
        link.send(instant(at), "down", datagram(i, 1_100));
      }
      run([link], 30 * 3_600_000);
      return deliveries.length;
    });
    assert.is(counts[0], 20, name);
    // A datagram of five frames: 0.8^5 = 0.33.
    assert.ok(counts[1]! < 15, `${name}: ${counts[1]}`);
  }
});

test("class A: each acknowledgement is the uplink that opens the next windows, at the device's duty cycle of 1 %", () => {
  const { link, deliveries } = sent(profileNamed("lorawan-eu868-dr5-a:loss=0%,ack-always=on"), 60_000);
  // An empty uplink from 0 on, then acknowledgements from 4,633.6 and 9,267.2 ms on. The first fragment took RX1, whose band
  // is silent then: RX2, 2 s after the end of each.
  near(deliveries[0]!.at, 2 * 4_633.6 + 46.336 + 2_000 + 77.056 + 50);
  assert.equal([link.statistics.up.frameCount, link.statistics.up.bytesOnAir], [4, 13 + 3 * 14]);
});

test("the least time: fragments sent again by themselves, sum of 1 / (1 - p) each instead of 1 / (1 - p)^n of all", () => {
  const [on, off] = ["on", "off"].map((value) => profileNamed(`lorawan-eu868-dr5-c:loss=20%,ack-always=${value}`));
  // 457 bytes and 43 around them are the three fragments of above: 3,944.96 ms twice, and 770.56 ms.
  const periods = 2 * 3.94496 + 0.77056;
  near(physicalLimitSeconds(on!, 457, 1_024), periods / 0.8, 1e-9);
  near(physicalLimitSeconds(off!, 457, 1_024), periods / 0.8 ** 3, 1e-9);
  assert.ok(leastPhysicalLimitSeconds(on!, 102_400) < leastPhysicalLimitSeconds(off!, 102_400));
});

test.run();
