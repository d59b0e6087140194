// Roll-outs that stop themselves: whole campaigns on models of devices, in virtual time.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { FailureAction } from "../../src/fleet/rollout.ts";
import { DAY, FleetScene, HOUR, PRODUCT, releaseNumbered } from "../support/fleet-scene.ts";
import { SimulatedFleet } from "../support/simulated-fleet.ts";

const stopping = suite("fleet/self-stopping");

const DEVICES = 10_000;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/** From one check-in to the next. */
const PERIOD_SECONDS = 7_200;

const WAY_BACK = releaseNumbered(3, {
  forRunning: releaseNumbered(2).sha256,
  version: "1.0",
  sha256: releaseNumbered(1).sha256,
});

/** 10,000 devices, of which one of ten does not boot release 2. */
function campaign(seed: number, onFailure: FailureAction) {
  const scene = new FleetScene();
  scene.releases(releaseNumbered(1), releaseNumbered(2), WAY_BACK);
  scene.acts({ kind: "productSet", product: PRODUCT, change: { comeAgainSeconds: PERIOD_SECONDS } });
  const phases = [
    { kind: "count", count: 20 },
    { kind: "share", share: 0.01 },
    { kind: "share", share: 0.1 },
    { kind: "share", share: 1 },
  ] as const;
  scene.acts({
    kind: "rolloutCreate",
    draft: { name: `two-${seed}`, product: PRODUCT, version: "2.0", phases, onFailure },
  });
  scene.acts({ kind: "rolloutStart", name: `two-${seed}`, remaining: DEVICES });
  const fleet = new SimulatedFleet(scene);
  fleet.add(DEVICES, PERIOD_SECONDS, seed, (random) => {
    const draw = new Uint8Array(2);
    random.fill(draw);
    const isBroken = draw[0]! * 256 + draw[1]! < 0.1 * 65_536;
    return { bootFails: (number) => isBroken && number === 2, downloadSeconds: 240, blockSize: 512 };
  });
  return { scene, fleet, rollout: () => scene.rollout(`two-${seed}`) };
}

for (const seed of SEEDS) {
  stopping(`a release that fails to boot on one of ten stops in its first phases, seed ${seed}`, () => {
    const { scene, fleet, rollout } = campaign(seed, "pause");
    assert.ok(
      fleet.run(2 * DAY, () => rollout().state === "paused"),
      `it is ${rollout().state}`,
    );
    // Whoever was on the way comes to its end: nobody else is touched.
    fleet.run(HOUR / 2);
    const { phases, phase, reason } = rollout();
    const touched = phases.reduce((sum, { touched }) => sum + touched, 0);
    assert.ok(phase <= 1, `phase ${phase}`);
    assert.ok(touched <= 0.02 * DEVICES, `${touched} touched`);
    assert.ok(touched > 0);
    assert.is(fleet.running(2), touched);
    assert.match(reason!, /failed in phase [12]|devices of phase [12] failed/);
    // Those that failed run the old image, as the inventory says too.
    const failed = [...scene.devices.values()].filter(({ past }) => past[0]?.state === "failed");
    assert.ok(failed.length >= 2);
    assert.ok(failed.every(({ running }) => running.sequenceNumber === 1));
  });
}

stopping("where failures send back, all that were touched return to the old image", () => {
  const { fleet, rollout } = campaign(1, "wayBack");
  assert.ok(fleet.run(2 * DAY, () => rollout().state === "wayBack"));
  fleet.run(4 * HOUR);
  const touched = rollout().phases.reduce((sum, phase) => sum + phase.touched, 0);
  assert.is(fleet.running(2), 0);
  assert.is(fleet.running(3), touched);
  assert.equal(rollout().back, { offered: touched, confirmed: touched, failed: 0 });
  assert.is(rollout().state, "wayBack");
});

stopping.run();
