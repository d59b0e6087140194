// Two hundred random campaigns, each rebuilt from its records as bytes.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Assigned } from "../../src/fleet/change-application.ts";
import { CLOCK_STEP_MAX_MS } from "../../src/fleet/clock.ts";
import type { FleetAction } from "../../src/fleet/fleet-action.ts";
import { decodeFleetRecord, encodeFleetRecord, FLEET_RECORD_LENGTH_MAX } from "../../src/fleet/record-codec.ts";
import { replay } from "../../src/fleet/replay.ts";
import { FAILURE_ACTIONS } from "../../src/fleet/rollout.ts";
import { FleetScene, HOUR, MINUTE, PRODUCT, releaseNumbered } from "../support/fleet-scene.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const replays = suite("fleet/replay");

const CAMPAIGNS = 200;
const STEPS = 45;

/** Whole numbers from 0 to below `below`. */
function drawing(seed: number): (below: number) => number {
  const random = new SeededRandom(seed);
  const bytes = new Uint8Array(4);
  return (below) => {
    random.fill(bytes);
    return new DataView(bytes.buffer).getUint32(0) % below;
  };
}

const REASONS = ["bootFailed", "noContact", "keyUnknown", "healthCheckFailed"];

/** A campaign of some devices, of which each step does something at random: also what makes no sense. */
function play(seed: number): FleetScene {
  const draw = drawing(seed);
  const scene = new FleetScene();
  const back = releaseNumbered(4, { forRunning: releaseNumbered(2).sha256, sha256: releaseNumbered(1).sha256 });
  scene.releases(
    releaseNumbered(1),
    releaseNumbered(2),
    releaseNumbered(3, { kind: "security", requires: "2.0" }),
    back,
  );
  scene.acts({ kind: "productSet", product: PRODUCT, change: { approvals: draw(2), comeAgainSeconds: 600 } });
  scene.acts({ kind: "cellBudgetSet", cell: "", budget: { downloads: 1 + draw(3) } });
  const names = ["two", "three"];
  for (const [i, name] of names.entries()) {
    scene.acts({
      kind: "rolloutCreate",
      draft: {
        name,
        product: PRODUCT,
        version: `${i + 2}.0`,
        phases: [
          { kind: "count", count: 1 + draw(4) },
          { kind: "share", share: 0.5 },
          { kind: "share", share: 1 },
        ],
        onFailure: i === 0 ? FAILURE_ACTIONS[draw(3)]! : "pause",
        soakMs: draw(2) * HOUR,
        attempts: 1 + draw(3),
        timeoutMs: 2 * HOUR,
        patienceMs: 6 * HOUR,
        needsConsent: draw(4) === 0,
        pace: draw(2) === 0 ? undefined : { perMinute: 1, growth: 2, every: 2, most: 8 },
        downloadWindow: draw(3) === 0 ? "06:00-22:00 [Europe/Berlin]" : undefined,
      },
    });
    if (draw(8) > 0) scene.step({ kind: "acted", actor: { person: "bert" }, action: { kind: "rolloutApprove", name } });
    scene.step({ kind: "acted", actor: { person: "anna" }, action: { kind: "rolloutStart", name, remaining: 10 } });
  }
  for (let i = 0; i < STEPS; i++) happens(scene, draw, names[draw(2)]!, `device-${draw(10)}`);
  return scene;
}

function happens(scene: FleetScene, draw: (below: number) => number, name: string, id: string): void {
  const target = 2 + draw(2);
  switch (draw(12)) {
    case 0:
    case 1:
    case 2:
      scene.runs(id, 1 + draw(3), draw(7_200), { cell: `cell-${draw(2)}`, ...(draw(2) && { downloaded: draw(3) }) });
      return;
    case 3:
    case 4:
      if (scene.devices.get(id)?.assignment !== undefined) scene.installs(id, target);
      return;
    case 5:
      scene.progresses(id, target, draw(2) ? 65_536 : 16_384, { blocks: 1 + draw(400) });
      return;
    case 6:
      scene.reports(id, target, draw(3) ? 8 : 11, REASONS[draw(4)]!);
      return;
    case 7:
    case 8:
      scene.passes(
        (1 + draw(120)) * MINUTE,
        { remaining: new Map([[name, scene.remaining(name)]]) },
        CLOCK_STEP_MAX_MS,
      );
      return;
    case 9:
    case 10: {
      const kinds = ["rolloutPause", "rolloutResume", "rolloutResume", "rolloutAbort", "rolloutWayBack"] as const;
      const kind = kinds[draw(20) === 0 ? 3 + draw(2) : draw(3)]!;
      scene.step({ kind: "acted", actor: { person: "anna" }, action: { kind, name } satisfies FleetAction });
      return;
    }
    default:
      scene.step(
        {
          kind: "acted",
          actor: { person: "anna" },
          action: { kind: "deviceSet", change: { isOptedOut: draw(2) === 0 } },
        },
        id,
      );
  }
}

replays(`${CAMPAIGNS} random campaigns are rebuilt from their records, field by field`, () => {
  const ends = new Set<string>();
  for (let seed = 1; seed <= CAMPAIGNS; seed++) {
    const scene = play(seed);
    const encoded = scene.records.map(encodeFleetRecord);
    assert.ok(encoded.every(({ length }) => length <= FLEET_RECORD_LENGTH_MAX));
    const records = encoded.map((bytes) => {
      const decoded = decodeFleetRecord(bytes);
      assert.ok(decoded.ok);
      return (decoded as Extract<typeof decoded, { ok: true }>).value;
    });
    assert.equal(records, scene.records);
    const replayed = replay(records);
    assert.equal({ ...replayed.fleet, clock: undefined }, { ...scene.fleet, clock: undefined }, `seed ${seed}`);
    for (const [id, { assignment, past }] of scene.devices) {
      const own: Assigned = replayed.devices.get(id) ?? { assignment: undefined, past: [] };
      assert.equal(own, { assignment, past }, `seed ${seed}, ${id}`);
      for (const { state, reason } of past) ends.add(`${state} ${reason}`);
    }
    for (const { state } of scene.fleet.rollouts.values()) ends.add(state);
  }
  // The campaigns are worth the name: they came to most ends that there are.
  for (const end of [
    "paused",
    "aborted",
    "wayBack",
    "done",
    "confirmed undefined",
    "timedOut notBegun",
    "failed bootFailed",
  ]) {
    assert.ok(ends.has(end), `${end} among ${[...ends].join(", ")}`);
  }
});

replays("what is no record is refused", () => {
  for (const bytes of [
    new Uint8Array(0),
    Uint8Array.of(0),
    Uint8Array.of(0xa0),
    new Uint8Array(FLEET_RECORD_LENGTH_MAX + 1),
  ]) {
    assert.not(decodeFleetRecord(bytes).ok);
  }
});

replays.run();
