// What cells and gateways may carry: the airtime of whole transfers in virtual time, minute by minute.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FleetScene, HOUR, MINUTE, PRODUCT, releaseNumbered, SECOND } from "../support/fleet-scene.ts";
import { SimulatedFleet } from "../support/simulated-fleet.ts";

const budgets = suite("fleet/budget");

const DEVICES = 1_000;
const BLOCK_SIZE = 256;
const MS_PER_KIB = 40;
const AIRTIME: Readonly<Record<string, number>> = { north: 12_000, south: 6_000 };

budgets("two cells never carry more airtime in a minute than they may, and hardly less while somebody waits", () => {
  const scene = new FleetScene();
  scene.releases(releaseNumbered(1), releaseNumbered(2));
  scene.acts({ kind: "productSet", product: PRODUCT, change: { comeAgainSeconds: 1_800 } });
  for (const [cell, airtimeMsPerMinute] of Object.entries(AIRTIME)) {
    scene.acts({ kind: "cellBudgetSet", cell, budget: { airtimeMsPerMinute, airtimeMsPerKib: MS_PER_KIB } });
  }
  /** By cell, ms of airtime of each second. */
  const used = new Map<string, Float64Array>();
  const begin = scene.now;
  const fleet = new SimulatedFleet(scene, (cell, from, ms, bytes) => {
    const seconds = used.get(cell) ?? new Float64Array(24 * 3_600);
    used.set(cell, seconds);
    const first = Math.floor((from - begin) / SECOND);
    const perSecond = ((bytes / 1_024) * MS_PER_KIB) / (ms / SECOND);
    for (let second = first; second < first + ms / SECOND; second++) seconds[second]! += perSecond;
  });
  fleet.add(DEVICES, 1_800, 1, (random, at) => {
    const draw = new Uint8Array(1);
    random.fill(draw);
    const downloadSeconds = 200 + draw[0]!;
    return { bootFails: () => false, downloadSeconds, blockSize: BLOCK_SIZE, cell: at % 2 ? "north" : "south" };
  });
  // What a device's link carries is known from its transfer before this one.
  for (const measured of fleet.links()) scene.measured(...measured);
  const phases = [{ kind: "share", share: 1 }] as const;
  scene.acts({ kind: "rolloutCreate", draft: { name: "two", product: PRODUCT, version: "2.0", phases, soakMs: 0 } });
  scene.acts({ kind: "rolloutStart", name: "two", remaining: DEVICES });
  assert.ok(
    fleet.run(20 * HOUR, () => scene.rollout("two").state === "done"),
    JSON.stringify(scene.rollout("two").phases),
  );
  for (const [cell, seconds] of used) {
    const budget = AIRTIME[cell]!;
    const waiting = busySeconds(seconds, budget);
    let minute = 0;
    let most = 0;
    let sum = 0;
    for (let at = 0; at < seconds.length; at++) {
      minute += seconds[at]! - (at >= 60 ? seconds[at - 60]! : 0);
      most = Math.max(most, minute);
      if (at < waiting) sum += seconds[at]!;
    }
    assert.ok(most <= budget, `${cell}: ${most} of ${budget} ms in a minute`);
    // From the first quarter of an hour on, until nobody waits any more.
    const share = sum / ((waiting / 60) * budget);
    assert.ok(share >= 0.85, `${cell}: ${share} of its budget`);
  }
});

/** Until fewer than half of what may run does: nobody waits any more. The coming of all takes half an hour. */
function busySeconds(seconds: Float64Array, budget: number): number {
  const half = budget / 60 / 2;
  let last = 0;
  for (let at = 0; at < seconds.length; at++) if (seconds[at]! > half) last = at;
  return last;
}

budgets("deep coverage gets one download at a time in a cell, good coverage fifty", () => {
  const scene = new FleetScene();
  scene.releases(releaseNumbered(1), releaseNumbered(2));
  const phases = [{ kind: "share", share: 1 }] as const;
  scene.acts({ kind: "rolloutCreate", draft: { name: "two", product: PRODUCT, version: "2.0", phases } });
  scene.acts({ kind: "rolloutStart", name: "two", remaining: 300 });
  const offers = [0, 1, 2].map((level) => {
    const answers = Array.from({ length: 60 }, (_, i) => {
      return scene.checksIn(`${level}-${i}`, { cell: "c", figures: new Map([[7, level]]) }).kind;
    });
    return answers.filter((kind) => kind === "offer").length;
  });
  assert.equal(offers, [50, 10, 1]);
  // One ends: the next one may begin.
  scene.passes(MINUTE);
  scene.reports("2-0", 2, 8, "keyUnknown");
  assert.is(scene.checksIn("2-1", { cell: "c", figures: new Map([[7, 2]]) }).kind, "offer");
});

budgets.run();
