// Our own device on ways that lose every large datagram and say nothing.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LinkProfile } from "../../sim/profiles/profile.ts";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { Simulation } from "../../sim/simulation.ts";
import { percentile } from "../../sim/tune/sample-statistics.ts";
import { seedOfRun } from "../../sim/tune/tune.ts";
import { instant } from "../../src/base/instant.ts";
import { dialectNamed, dialectWith } from "../../src/device/dialect.ts";
import { CRYPTO } from "../support/crypto.ts";

const smallMtu = suite("small-mtu");

const DAY_MS = 86_400_000;

function withMtu(profile: string, mtu: number): LinkProfile {
  return { ...profileNamed(profile), mtu };
}

function simulationOf(profile: LinkProfile, blockSize: number | "auto", imageLength: number, seed: number): Simulation {
  const dialect = dialectWith(dialectNamed("own"), { blockSize });
  return new Simulation({ seed, crypto: CRYPTO, profile, dialect, imageLength, deviceCount: 1 });
}

function medianSeconds(profile: LinkProfile, blockSize: number | "auto", runs: number): number {
  const seconds = Array.from({ length: runs }, (_, run) => {
    const simulation = simulationOf(profile, blockSize, 102_400, seedOfRun(1, run));
    assert.ok(simulation.run(instant(DAY_MS)));
    return simulation.devices[0]!.outcome!.seconds;
  });
  return percentile(seconds, 0.5)!;
}

// `tune --profile FILE --size 100k --seed 1` compares 20 runs, on any link.
for (const [mtu, best, runs] of [
  [540, 256, 3],
  [200, 64, 1],
] as const) {
  smallMtu(`lte-m with an MTU of ${mtu}: at most 1.25 times as long as with the best block size, ${best}`, () => {
    const profile = withMtu("lte-m", mtu);
    const times = medianSeconds(profile, "auto", runs) / medianSeconds(profile, best, runs);
    assert.ok(times <= 1.25, `${times.toFixed(3)} times`);
  });
}

smallMtu("a way that becomes narrow in the midst of a transfer is found out within a few timeouts", () => {
  const wide = profileNamed("lte-m");
  const profile = { ...wide };
  const simulation = simulationOf(profile, "auto", 40_960, 1);
  const [device] = simulation.devices;
  while (device!.statistics === undefined || device!.statistics.blocks < 20) simulation.step(instant(DAY_MS));
  const narrowedAt = simulation.now;
  profile.mtu = 540;
  const blocks = device!.statistics!.blocks;
  while (device!.statistics!.blocks < blocks + 20) simulation.step(instant(DAY_MS));
  assert.ok(simulation.now - narrowedAt < 15_000, `${simulation.now - narrowedAt} ms`);
  assert.ok(simulation.run(instant(DAY_MS)));
});

smallMtu(
  "RFC 6347 4.1.1.1: where 128 bytes of payload pass the handshake comes through too, and then the image",
  () => {
    const simulation = simulationOf({ ...withMtu("lte-m", 176), ipVersion: 6 }, "auto", 8_192, 1);
    assert.ok(simulation.run(instant(600_000)), `${simulation.now} ms`);
  },
);

smallMtu.run();
