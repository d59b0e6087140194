// What a device is told when it checks in, and why.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { explain } from "../../src/fleet/explanation.ts";
import type { RolloutDraft } from "../../src/fleet/fleet-action.ts";
import { numberOf } from "../../src/fleet/judgement.ts";
import { CRYPTO } from "../support/crypto.ts";
import { DAY, FleetScene, HOUR, MINUTE, PRODUCT, releaseNumbered } from "../support/fleet-scene.ts";

const decisions = suite("fleet/decision");

const ALL = [{ kind: "share", share: 1 }] as const;

function scenery(): FleetScene {
  const scene = new FleetScene();
  scene.releases(releaseNumbered(1), releaseNumbered(2), releaseNumbered(3));
  return scene;
}

function starts(scene: FleetScene, name: string, draft: Partial<RolloutDraft> = {}): void {
  scene.acts({ kind: "rolloutCreate", draft: { name, product: PRODUCT, version: "2.0", phases: ALL, ...draft } });
  scene.acts({ kind: "rolloutStart", name, remaining: 100 });
}

function reasonsOf(scene: FleetScene, id: string): readonly string[] {
  return explain(CRYPTO, scene.fleet, scene.devices.get(id)!, scene.now);
}

decisions("a product offers what is newest until its first roll-out is made", () => {
  const scene = scenery();
  assert.is(scene.runs("a", 1).kind, "newest");
  scene.acts({ kind: "rolloutCreate", draft: { name: "two", product: PRODUCT, version: "2.0", phases: ALL } });
  assert.is(scene.runs("a", 1).kind, "nothing");
  assert.equal(reasonsOf(scene, "a"), ["it waits for roll-out two: it is not started"]);
});

decisions("a device checks in, and appears with what it says of itself", () => {
  const scene = scenery();
  scene.checksIn("a", {
    cell: "gateway-7",
    class: "outdoor",
    figures: new Map([
      [5, 12],
      [6, 3_600],
      [7, 2],
    ]),
  });
  const { cell, class: className, boots, uptimeSeconds, radioLevel, running } = scene.devices.get("a")!;
  assert.equal([cell, className, boots, uptimeSeconds, radioLevel], ["gateway-7", "outdoor", 12, 3_600, 2]);
  assert.equal(running, { sequenceNumber: 1, version: "1.0", sha256: releaseNumbered(1).sha256, slot: 0 });
});

decisions(
  "who is in a share is told by a hash: near its share, another one for each roll-out, and more with each phase",
  () => {
    const numbers = (rollout: string) =>
      Array.from({ length: 4_000 }, (_, i) => numberOf(CRYPTO, rollout, `device-${i}`));
    const [one, other] = [numbers("one"), numbers("other")];
    const below = (share: number) => one.filter((number) => number < share).length;
    assert.ok(Math.abs(below(0.1) - 400) < 80, `${below(0.1)}`);
    const both = one.filter((number, i) => number < 0.1 && other[i]! < 0.1).length;
    assert.ok(both < 80, `${both}`);
  },
);

decisions("SHA-256(name, line feed, identity) as a number of 32 bits is what anybody can compute", () => {
  // printf 'one\ndevice-1' | sha256sum
  assert.is(numberOf(CRYPTO, "one", "device-1"), 0xd217f397 / 2 ** 32);
});

decisions("security goes before functions, then the higher priority, then the older one", () => {
  const scene = scenery();
  scene.releases(releaseNumbered(4, { kind: "security" }));
  starts(scene, "old");
  scene.passes(MINUTE);
  starts(scene, "new");
  starts(scene, "urgent", { priority: 5 });
  starts(scene, "safe", { version: "4.0" });
  assert.equal(scene.fleet.order.get(PRODUCT), ["safe", "urgent", "old", "new"]);
  const answer = scene.runs("a", 1);
  assert.is(answer.kind === "offer" && answer.rollout, "safe");
  assert.equal(reasonsOf(scene, "a"), [
    "roll-out safe: offered",
    "it waits for roll-out urgent: one update at a time",
    "it waits for roll-out old: one update at a time",
    "it waits for roll-out new: one update at a time",
  ]);
});

decisions("why a device gets nothing is said of each roll-out", () => {
  const scene = scenery();
  scene.acts({ kind: "groupSet", name: "berlin", where: 'tag.site = "berlin"' });
  starts(scene, "there", { group: "berlin" });
  starts(scene, "share", { phases: [{ kind: "share", share: 0.1 }, ...ALL] });
  starts(scene, "night", { downloadWindow: "22:00-04:00" });
  scene.passes(12 * HOUR);
  assert.is(scene.runs("a", 1).kind, "nothing");
  const [there, share, night] = reasonsOf(scene, "a");
  assert.is(there, "roll-out there is not for it: is not in group berlin");
  assert.match(
    share!,
    /^it waits for roll-out share: its number 0\.\d{4} is in a later phase: phase 1 of 2 takes those below 0.1$/,
  );
  assert.is(night, "it waits for roll-out night: its window is not open, until 2026-03-02T22:00:00Z");
});

decisions("a group means what it meant when the roll-out was made", () => {
  const scene = scenery();
  scene.acts({ kind: "groupSet", name: "some", where: "id = a" });
  starts(scene, "two", { group: "some" });
  scene.acts({ kind: "groupSet", name: "some", where: "id = b" });
  assert.is(scene.runs("b", 1).kind, "nothing");
  assert.is(scene.runs("a", 1).kind, "offer");
});

decisions("a release of its own class goes before one for every device; without either there is nothing", () => {
  const scene = scenery();
  scene.releases(releaseNumbered(5, { version: "2.0", class: "outdoor" }), releaseNumbered(6, { class: "outdoor" }));
  starts(scene, "two");
  const outdoor = scene.checksIn("a", { class: "outdoor" });
  assert.is(outdoor.kind === "offer" && outdoor.digest, releaseNumbered(5).digest);
  starts(scene, "six", { version: "6.0", priority: 1 });
  scene.checksIn("b", { class: "indoor" });
  assert.ok(reasonsOf(scene, "b").includes("roll-out six is not for it: 6.0 was not released for class indoor"));
});

decisions("what has to come first is offered first, and counts once", () => {
  const scene = scenery();
  scene.releases(releaseNumbered(4, { requires: "3.0" }));
  starts(scene, "four", { version: "4.0", soakMs: 0, contacts: 1 });
  const first = scene.runs("a", 1);
  assert.is(first.kind === "offer" && first.digest, releaseNumbered(3).digest);
  scene.progresses("a", 3, 65_536);
  scene.passes(MINUTE);
  const second = scene.runs("a", 3);
  assert.is(second.kind === "offer" && second.digest, releaseNumbered(4).digest);
  scene.installs("a", 4);
  const { offered, confirmed, touched } = scene.rollout("four").phases[0]!;
  assert.equal({ offered, confirmed, touched }, { offered: 1, confirmed: 1, touched: 1 });
});

decisions("consent: nothing before its user agrees, and the ticket lets the device know what to ask for", () => {
  const scene = scenery();
  starts(scene, "two", { needsConsent: true });
  const asked = scene.runs("a", 1);
  assert.is(asked.kind === "nothing" && asked.sequenceNumber, 2);
  const denied = scene.runs("a", 1, 0, { consent: { state: "denied", seconds: 3_600 } });
  assert.is(denied.kind === "nothing" && denied.sequenceNumber, 1);
  assert.match(reasonsOf(scene, "a")[0]!, "its user has denied, until 2026-03-02T01:00:00Z");
  scene.passes(HOUR);
  assert.is(scene.runs("a", 1, 0, { consent: { state: "confirmed", seconds: 0 } }).kind, "offer");
});

decisions("a device that its user postpones, or an operator opts out, is left alone for so long", () => {
  const scene = scenery();
  starts(scene, "two");
  scene.runs("a", 1, 0, { consent: { state: "postponed", seconds: 60 } });
  assert.match(reasonsOf(scene, "a")[0]!, "its user has postponed it");
  scene.acts({ kind: "deviceSet", change: { isOptedOut: true } }, "anna", "a");
  scene.passes(2 * MINUTE);
  assert.is(scene.runs("a", 1).kind, "nothing");
  scene.acts({ kind: "deviceSet", change: { isOptedOut: false, postponedUntil: scene.now + HOUR } }, "anna", "a");
  assert.is(scene.runs("a", 1).kind, "nothing");
  scene.passes(HOUR);
  assert.is(scene.runs("a", 1).kind, "offer");
});

decisions("a pace lets in so many a minute, and more after each so many that were confirmed", () => {
  const scene = scenery();
  starts(scene, "two", { pace: { perMinute: 2, growth: 2, every: 2, most: 8 }, soakMs: 0, contacts: 1, success: 1 });
  let next = 0;
  const offersInAMinute = () => {
    scene.passes(MINUTE);
    let offers = 0;
    while (scene.runs(`device-${next++}`, 1).kind === "offer") offers++;
    return offers;
  };
  assert.is(offersInAMinute(), 2);
  assert.is(offersInAMinute(), 2);
  for (const id of ["device-0", "device-1"]) scene.installs(id, 2);
  assert.is(offersInAMinute(), 4);
});

decisions("n persons approve, and never who made it", () => {
  const scene = scenery();
  scene.acts({ kind: "productSet", product: PRODUCT, change: { approvals: 2 } });
  scene.acts({ kind: "rolloutCreate", draft: { name: "two", product: PRODUCT, version: "2.0", phases: ALL } }, "anna");
  assert.match(scene.refusalOf({ kind: "rolloutApprove", name: "two" }, "anna")!, "another person");
  assert.match(scene.refusalOf({ kind: "rolloutStart", name: "two" }, "anna")!, "lacks 2 of 2 approvals");
  scene.acts({ kind: "rolloutApprove", name: "two" }, "bert");
  assert.match(scene.refusalOf({ kind: "rolloutApprove", name: "two" }, "bert")!, "already");
  assert.match(scene.refusalOf({ kind: "rolloutStart", name: "two" }, "anna")!, "lacks 1 of 2");
  scene.acts({ kind: "rolloutApprove", name: "two" }, "local:carla");
  scene.acts({ kind: "rolloutStart", name: "two" }, "anna");
  assert.is(scene.rollout("two").state, "running");
});

decisions("where a product asks for a rehearsal, only a roll-out that passed one is started", () => {
  const scene = scenery();
  scene.acts({ kind: "productSet", product: PRODUCT, change: { needsRehearsal: true } });
  scene.acts({ kind: "rolloutCreate", draft: { name: "two", product: PRODUCT, version: "2.0", phases: ALL } });
  scene.acts({ kind: "rolloutRehearsed", name: "two", hasPassed: false });
  assert.match(scene.refusalOf({ kind: "rolloutStart", name: "two" })!, "rehearse two");
  scene.acts({ kind: "rolloutRehearsed", name: "two", hasPassed: true });
  scene.acts({ kind: "rolloutStart", name: "two" });
});

decisions("what is wrong with a roll-out is said in one line when it is made", () => {
  const scene = scenery();
  const draft = { name: "two", product: PRODUCT, version: "2.0", phases: ALL };
  const faults: readonly [Partial<RolloutDraft>, string | RegExp][] = [
    [{ name: "a b" }, "is no name of a roll-out"],
    [{ version: "9.0" }, "meter 9.0 is not released"],
    [{ group: "nowhere" }, "there is no group nowhere"],
    [{ phases: [] }, "1 to 16 phases"],
    [
      {
        phases: [
          { kind: "share", share: 0.5 },
          { kind: "share", share: 0.1 },
        ],
      },
      "shares of phases grow",
    ],
    [{ success: 1.5 }, "a share is above 0 %"],
    [{ downloadWindow: "at night" }, "is no window"],
    [{ onFailure: "wayBack" }, "without a way back"],
    [{ pace: { perMinute: 0, growth: 1, every: 1, most: 1 } }, "a pace is above 0"],
  ];
  for (const [change, fault] of faults) {
    assert.match(scene.refusalOf({ kind: "rolloutCreate", draft: { ...draft, ...change } })!, fault);
  }
  assert.is(scene.fleet.rollouts.size, 0);
});

decisions("a roll-out that is done serves newcomers, until a later one does", () => {
  const scene = scenery();
  starts(scene, "two", { soakMs: 0, contacts: 1, phases: [{ kind: "share", share: 1 }] });
  scene.runs("a", 1);
  scene.installs("a", 2);
  scene.ticks({ remaining: new Map([["two", 0]]) });
  assert.is(scene.rollout("two").state, "done");
  assert.is(scene.runs("newcomer", 1).kind, "offer");
  starts(scene, "three", { version: "3.0", soakMs: 0, contacts: 1 });
  scene.runs("a", 2);
  scene.installs("a", 3);
  scene.ticks({ remaining: new Map([["three", 0]]) });
  assert.is(scene.rollout("two").succeededBy, "three");
  const last = scene.runs("another", 1);
  assert.is(last.kind === "offer" && last.rollout, "three");
});

decisions("a clock that is set forward by an hour ends no soak and no deadline", () => {
  const scene = scenery();
  starts(scene, "two", { soakMs: HOUR, timeoutMs: HOUR });
  scene.runs("a", 1);
  scene.runs("b", 1);
  scene.installs("a", 2);
  scene.now += HOUR + MINUTE;
  scene.ticks();
  scene.runs("a", 2, 60);
  assert.is(scene.devices.get("a")!.assignment!.state, "booted");
  assert.is(scene.devices.get("b")!.assignment!.state, "offered");
  scene.now -= HOUR;
  scene.ticks();
  scene.passes(HOUR);
  scene.runs("a", 2, 3_600);
  assert.is(scene.devices.get("a")!.past[0]!.state, "confirmed");
});

decisions("a fleet that comes at once after an outage is spread over the period again", () => {
  const scene = scenery();
  const seconds = Array.from({ length: 2_000 }, (_, i) => scene.runs(`device-${i}`, 1).comeAgain);
  const byTenth = new Map<number, number>();
  for (const second of seconds)
    byTenth.set(Math.floor(second / 2_160), (byTenth.get(Math.floor(second / 2_160)) ?? 0) + 1);
  assert.ok(Math.max(...byTenth.values()) < 300, JSON.stringify([...byTenth]));
  assert.ok(Math.min(...seconds) >= 10_800 && Math.max(...seconds) <= 32_401);
});

decisions("a forgotten device's update is cancelled, and nothing of it is kept", () => {
  const scene = scenery();
  starts(scene, "two");
  scene.runs("a", 1);
  scene.acts({ kind: "deviceForget" }, "anna", "a");
  assert.is(scene.devices.size, 0);
  assert.is(scene.fleet.loads.total.downloads, 0);
  assert.is(scene.rollout("two").phases[0]!.withdrawn, 1);
});

decisions("the support period of a product ends in 90 days: an alert, until it is made longer", () => {
  const scene = scenery();
  const supportEndsAt = scene.now + 90 * DAY;
  scene.acts({ kind: "productSet", product: PRODUCT, change: { supportEndsAt } });
  scene.ticks();
  assert.equal(
    [...scene.fleet.alerts.values()].map(({ text }) => text),
    ["the support period of meter ends on 2026-05-31"],
  );
  scene.acts({ kind: "productSet", product: PRODUCT, change: { supportEndsAt: supportEndsAt + DAY } });
  scene.ticks();
  assert.is(scene.fleet.alerts.size, 0);
});

decisions.run();
