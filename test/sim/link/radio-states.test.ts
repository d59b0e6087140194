// How long a device's radio is in which state, and what that takes, against docs/links.md 6.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loraTimeOnAir } from "../../../sim/link/lora.ts";
import { energyJoules } from "../../../sim/link/radio-states.ts";
import type { LinkProfile } from "../../../sim/profiles/profile.ts";
import { NAMED_PROFILES, profileNamed } from "../../../sim/profiles/profiles.ts";
import { Simulation } from "../../../sim/simulation.ts";
import { Trace } from "../../../sim/trace.ts";
import { instant } from "../../../src/base/instant.ts";
import { dialectNamed } from "../../../src/device/dialect.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { datagram, linkLog, run } from "../../support/link-log.ts";

const states = suite("radio-states");

const WEEK = instant(7 * 86_400_000);

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

function update(profile: LinkProfile, trace?: Trace): Simulation {
  const simulation = new Simulation({
    seed: 3,
    crypto: CRYPTO,
    profile,
    dialect: dialectNamed("own"),
    imageLength: 8192,
    deviceCount: 1,
    ...(trace && { trace }),
  });
  simulation.run(WEEK);
  return simulation;
}

states(
  "LoRaWAN class C: the receiver is on all the time but when it sends, which airtime computed by hand says",
  () => {
    const lengths: number[] = [];
    const profile = profileNamed("lorawan-eu868-dr5-c");
    const collect = new Trace((line) => {
      const up = / up +(\d+) B /.exec(line);
      if (up !== null) lengths.push(Number(up[1]));
    });
    const simulation = update(profile, collect);
    const link = simulation.devices[0]!.link;
    // SF7, a packet in frames of at most 242 bytes: 3 bytes of headers, 2 of each fragment, 13 of LoRaWAN.
    const modulation = { spreadingFactor: 7, bandwidthHz: 125_000, codingRate: 1, crc: true };
    const sending = lengths
      .map((length) => loraTimeOnAir(modulation, 13 + 2 + 3 + length) / 1000)
      .reduce((sum, seconds) => sum + seconds, 0);
    assert.ok(Math.max(...lengths) + 5 <= 242);
    const joules = 0.145 * sending + 0.032 * (simulation.now / 1000 - sending);
    const printed = link.energyJoules(simulation.now);
    assert.ok(printed > 0.95 * joules && printed < 1.05 * joules, `${printed} and ${joules} J`);
    // What is received is a small part: without listening it would be a tenth.
    assert.ok(link.stateTimes(simulation.now).receiving * 0.032 < joules / 5);
  },
);

for (const profile of NAMED_PROFILES.filter(({ cannotCarryCoap }) => cannotCarryCoap === undefined)) {
  states(`${profile.name}: the times of all states are all of the time, and their energy is the energy`, () => {
    const simulation = update(profile);
    const { link } = simulation.devices[0]!;
    const times = link.stateTimes(simulation.now);
    const receiver = times.receiving + times.listening;
    const all = receiver + times.wakingUp + times.off + (profile.duplex === "half" ? times.sending : 0);
    const tail = profile.sleep?.idleSeconds ?? 0;
    // The inactivity timer runs on after the update, and a frame may be on the air when it ends.
    assert.ok(all >= simulation.now / 1000 - 1e-6 && all <= simulation.now / 1000 + tail + 1, `${all} s`);
    assert.ok(receiver > 0 && times.receiving > 0 && times.sending > 0);
    near(energyJoules(profile, times), link.energyJoules(simulation.now), 1e-9);
  });
}

states("a device that sleeps listens until its inactivity timer ends, and its first waking counts as well", () => {
  const sleep = { idleSeconds: 10, wakeSeconds: 2 };
  const { link } = linkLog({ ...profileNamed("ideal:rate=8000"), sleep });
  for (const at of [0, 5, 100]) link.send(instant(at * 1000), "up", datagram(1, 972));
  run([link]);
  // 1,000 bytes with their headers take 1 s: awake until 16, and from 102 to 113.
  const { sending, listening, wakingUp, wakeCount } = link.stateTimes(instant(103_000));
  near(sending, 3, 1e-9);
  near(listening, 16 + 11, 1e-9);
  near(wakingUp, 2, 1e-9);
  assert.is(wakeCount, 2);
});

states("LoRaWAN class A: two windows of eight symbols after each uplink, less what a downlink takes", () => {
  const calm = { ...profileNamed("lorawan-eu868-dr5-a") };
  const profile = {
    ...calm,
    up: { ...calm.up, loss: { kind: "none" } },
    down: { ...calm.down, loss: { kind: "none" } },
  } as LinkProfile;
  const symbols = 8 * 0.001024;
  const silent = linkLog(profile).link;
  for (const at of [0, 600]) silent.send(instant(at * 1000), "up", datagram(1, 20));
  run([silent]);
  near(silent.stateTimes(instant(700_000)).listening, 4 * symbols, 1e-9);
  const answered = linkLog(profile).link;
  answered.send(instant(0), "up", datagram(1, 20));
  answered.send(instant(10), "down", datagram(2, 20));
  run([answered]);
  const { listening, receiving, off } = answered.stateTimes(instant(700_000));
  near(listening, 0, 1e-9);
  assert.ok(receiving > 0 && off > 690);
});

states("a satellite's device is off while no satellite passes", () => {
  const { link } = linkLog({ ...profileNamed("ideal"), passes: { everySeconds: 100, openSeconds: 10 } });
  link.send(instant(0), "up", datagram(1, 20));
  run([link]);
  const { listening, off } = link.stateTimes(instant(205_000));
  assert.equal([listening, off], [25, 180]);
});

states.run();
