// What users of other update systems complained of, as scenes of ours: each named by what had happened to them.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RolloutDraft } from "../../src/fleet/fleet-action.ts";
import { DAY, FleetScene, HOUR, MINUTE, PRODUCT, releaseNumbered } from "../support/fleet-scene.ts";

const complaints = suite("fleet/complaints");

/** A roll-out of release 2 for everyone, running. */
function running(draft: Partial<RolloutDraft> = {}, remaining = 1): FleetScene {
  const scene = new FleetScene();
  scene.releases(releaseNumbered(1), releaseNumbered(2));
  const whole = {
    name: "two",
    product: PRODUCT,
    version: "2.0",
    phases: [{ kind: "share", share: 1 }] as const,
    ...draft,
  };
  scene.acts({ kind: "rolloutCreate", draft: whole });
  scene.acts({ kind: "rolloutStart", name: "two", remaining });
  return scene;
}

complaints("the device said success while the old image ran on, and the next group was begun (hawkBit 3185)", () => {
  const phases = [
    { kind: "count", count: 1 },
    { kind: "share", share: 1 },
  ] as const;
  const scene = running({ phases, attempts: 1 }, 10);
  assert.is(scene.runs("a", 1).kind, "offer");
  scene.progresses("a", 2, 65_536);
  scene.passes(10 * MINUTE);
  scene.reports("a", 2, 1);
  scene.passes(2 * HOUR);
  // Started anew a minute ago, and it is the old image.
  scene.runs("a", 1, 60);
  assert.equal(scene.devices.get("a")!.past[0]!.reason, "oldImageRuns");
  const { state, phase, phases: counted } = scene.rollout("two");
  assert.is(counted[0]!.confirmed, 0);
  assert.is(phase, 0);
  assert.is(state, "paused");
});

complaints("an action stayed on its way for ever, for no deadline was there (hawkBit 693)", () => {
  const scene = running({ attempts: 1, timeoutMs: 6 * HOUR });
  scene.runs("a", 1);
  scene.progresses("a", 2, 16_384);
  scene.passes(6 * HOUR + MINUTE);
  assert.equal(scene.devices.get("a")!.past[0]!.state, "timedOut");
  assert.is(scene.rollout("two").phases[0]!.timedOut, 1);
});

complaints("a roll-out stuck while it was made, for each device had to have a row (hawkBit 1770)", () => {
  const scene = running({}, 1_000_000);
  // It is running as soon as it was started, and no device was touched for it.
  assert.is(scene.rollout("two").state, "running");
  assert.is(scene.rollout("two").phases[0]!.state, "running");
  assert.is(scene.devices.size, 0);
});

complaints(
  "conditions were passed over when the last device had ended before they were looked at (hawkBit 3110)",
  () => {
    const phases = [
      { kind: "count", count: 2 },
      { kind: "share", share: 1 },
    ] as const;
    const scene = running({ phases, soakMs: 0, contacts: 1 }, 2);
    for (const id of ["a", "b"]) {
      scene.runs(id, 1);
      scene.installs(id, 2);
    }
    // The last phase has nobody left to come: it ends with the phase before it.
    assert.is(scene.rollout("two").state, "done");
    assert.equal(
      scene.rollout("two").phases.map(({ state }) => state),
      ["done", "done"],
    );
  },
);

complaints("the download could not be had now, and the installing at night (hawkBit 245)", () => {
  const scene = running({ installWindow: "22:00-04:00" });
  scene.passes(12 * HOUR);
  assert.is(scene.runs("a", 1, 0, { downloaded: 0 }).kind, "offer");
  scene.progresses("a", 2, 65_536);
  const noon = scene.runs("a", 1, 0, { downloaded: 2 });
  assert.is(noon.kind, "nothing");
  // It is called back within the first half of the window at the latest.
  assert.ok(noon.comeAgain <= (10 + 3) * 3_600);
  scene.passes(11 * HOUR);
  assert.is(scene.runs("a", 1, 11 * 3_600, { downloaded: 2 }).kind, "offer");
  assert.is(scene.devices.get("a")!.assignment!.state, "installing");
});

complaints("a device that installs without asking is offered nothing while it must not install (hawkBit 245)", () => {
  const scene = running({ installWindow: "22:00-04:00" });
  scene.passes(12 * HOUR);
  assert.is(scene.runs("a", 1).kind, "nothing");
  scene.passes(11 * HOUR);
  assert.is(scene.runs("a", 1).kind, "offer");
});

complaints("nothing kept a roll-out from taking the whole link (hawkBit 652)", () => {
  const scene = running({}, 100);
  // One device is taken to load 40,320 bytes a minute, and a bit.
  scene.acts({ kind: "serverBudgetSet", budget: { bytesPerMinute: 150_000 } });
  const offers = Array.from({ length: 20 }, (_, i) => scene.runs(`device-${i}`, 1).kind);
  assert.is(offers.filter((kind) => kind === "offer").length, 3);
  assert.ok(scene.fleet.loads.total.bytesPerMinute <= 150_000);
});

complaints("devices stayed at their first state and were asked again without end (ThingsBoard 15147)", () => {
  const scene = running({ attempts: 3, timeoutMs: HOUR });
  let offers = 0;
  for (let minute = 0; minute < 4 * 24 * 60; minute += 5) {
    if (
      scene.runs("a", 1, 60 * minute).kind === "offer" &&
      scene.devices.get("a")!.assignment!.since === scene.fleet.clock.time
    )
      offers++;
    scene.passes(5 * MINUTE);
  }
  assert.is(offers, 3);
  const { state, attempts, reason } = scene.devices.get("a")!.past[0]!;
  assert.equal({ state, attempts, reason }, { state: "timedOut", attempts: 3, reason: "notBegun" });
});

complaints("what was downloaded was taken for finished, and was never installed (sdk-nrf 12870)", () => {
  const scene = running({ timeoutMs: 2 * HOUR });
  scene.runs("a", 1);
  scene.progresses("a", 2, 65_536);
  assert.is(scene.rollout("two").phases[0]!.confirmed, 0);
  scene.passes(2 * HOUR + MINUTE);
  const { state, reason } = scene.devices.get("a")!.past[0]!;
  assert.equal({ state, reason }, { state: "timedOut", reason: "notBooted" });
});

complaints("a device that asks for the same block for ever is an alarm, until it gets on", () => {
  const scene = running();
  scene.runs("a", 1);
  scene.progresses("a", 2, 16_384, { blocks: 32 });
  scene.progresses("a", 2, 16_384, { blocks: 32 + 255 });
  assert.is(scene.fleet.alerts.size, 0);
  scene.progresses("a", 2, 16_384, { blocks: 32 + 256 });
  const [alert] = scene.fleet.alerts.values();
  assert.equal([alert!.kind, alert!.subject], ["slowRetrieval", "a"]);
  scene.progresses("a", 2, 32_768, { blocks: 320 });
  assert.is(scene.fleet.alerts.size, 0);
});

complaints("abort reaches a download that runs, and leaves alone what installs", () => {
  const scene = running({}, 2);
  scene.runs("a", 1);
  scene.progresses("a", 2, 16_384);
  scene.runs("b", 1);
  scene.progresses("b", 2, 65_536);
  scene.acts({ kind: "rolloutAbort", name: "two" });
  assert.is(scene.devices.get("a")!.past[0]!.state, "cancelled");
  assert.is(scene.devices.get("b")!.assignment!.state, "installing");
  assert.is(scene.fleet.loads.total.downloads, 0);
});

complaints("what its operator let go on ends, though a device failed before", () => {
  const scene = running(
    {
      phases: [{ kind: "count", count: 3 }],
      soakMs: 0,
      contacts: 1,
      failure: { share: undefined, minimum: 1, count: 1 },
    },
    3,
  );
  for (const id of ["a", "b", "c"]) scene.runs(id, 1);
  scene.reports("a", 2, 8, "bootFailed");
  assert.is(scene.rollout("two").state, "paused");
  scene.acts({ kind: "rolloutResume", name: "two" });
  assert.is(scene.rollout("two").state, "running");
  for (const id of ["b", "c"]) {
    scene.runs(id, 1);
    scene.installs(id, 2);
  }
  assert.is(scene.rollout("two").state, "done");
});

complaints("nobody comes for a day: a phase that some joined is over, one that nobody joined waits", () => {
  const phases = [
    { kind: "count", count: 5 },
    { kind: "share", share: 1 },
  ] as const;
  const scene = running({ phases, soakMs: 0, contacts: 1 }, 10);
  scene.passes(2 * DAY);
  assert.is(scene.rollout("two").phase, 0);
  assert.ok([...scene.fleet.alerts.values()].some(({ kind }) => kind === "stalledPhase"));
  scene.runs("a", 1);
  scene.installs("a", 2);
  assert.is(scene.rollout("two").phase, 0);
  scene.passes(DAY + MINUTE);
  assert.is(scene.rollout("two").phase, 1);
});

complaints.run();
