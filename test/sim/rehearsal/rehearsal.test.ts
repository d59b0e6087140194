// A roll-out before it begins, as an operator asks how it will go.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Rehearsal, type RehearsalResult, runRehearsal } from "../../../sim/rehearsal/rehearsal.ts";
import { summaryOf } from "../../../sim/rehearsal/rehearsal-summary.ts";
import type { FailureAction } from "../../../src/fleet/rollout.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { REHEARSED_DEVICES as DEVICES, rehearsedPlan as plan, rehearsal } from "../../support/rehearsals.ts";

const test = suite("rehearsal");

function run(change: Partial<Rehearsal> = {}, seed = 1): RehearsalResult {
  return runRehearsal(CRYPTO, rehearsal(change), seed, () => {});
}

const FIRST = run();

test("every device is offered it in its phase, and the next phase waits for the soak of the one before", () => {
  const { state, reason, phases, devices } = FIRST;
  assert.equal([state, reason], ["done", undefined]);
  assert.equal(
    phases.map(({ offered, confirmed }) => [offered, confirmed]),
    [
      [3, 3],
      [DEVICES - 3, DEVICES - 3],
    ],
  );
  assert.equal(devices, { touched: DEVICES, onNew: DEVICES, onOld: 0, isBusy: false });
  assert.ok(phases[0]!.seconds! >= 10, "the soak");
  assert.is(phases[1]!.openedAt, phases[0]!.seconds);
  assert.ok(phases[1]!.downloadSeconds! > 1 && phases[1]!.downloadSeconds! < 10);
});

test("the same seed is the same campaign, another one differs, and progress counts each device once", () => {
  let count = 0;
  const again = runRehearsal(CRYPTO, rehearsal(), 1, (amount) => {
    count += amount;
  });
  assert.equal(again, FIRST);
  assert.is(count, DEVICES);
  assert.not.equal(run({}, 2).phases, FIRST.phases);
});

test("an image that does not start on the model device stops in the first phase, and all run the old one", () => {
  const { state, reason, phases, devices } = run({ imageStarts: false });
  assert.is(state, "paused");
  assert.match(reason!, /phase 1/);
  assert.equal(devices.onOld, DEVICES);
  assert.is(phases[1]!.offered, 0);
});

test("with on-failure wayBack those that have it are sent back", () => {
  const onFailure: FailureAction = "wayBack";
  // In the second phase, when the first one has it.
  const failing = plan({ onFailure, failure: { share: undefined, minimum: 1, count: 1 } });
  const { state, devices, phases } = run({ plan: failing, bootFails: 0.2 }, 3);
  assert.is(state, "wayBack");
  assert.ok(
    phases.some(({ confirmed }) => confirmed > 0),
    "somebody had it",
  );
  assert.is(devices.onNew, 0);
});

test("devices of a cell share its channel, and what each cell carries is what its devices had on the air", () => {
  const { cells, bytesPerDevice } = run({ cellCount: 3 });
  assert.equal(
    cells.map(({ devices }) => devices),
    [2, 2, 2],
  );
  const bytes = cells.reduce((sum, cell) => sum + cell.bytes, 0);
  assert.is(Math.round(bytes), Math.round(DEVICES * bytesPerDevice.mean));
  for (const cell of cells) {
    assert.ok(cell.airtimeSecondsOfBusiestMinute <= 2 * 60, "a channel has a minute each way");
    assert.ok(cell.bytesOfBusiestMinute <= cell.bytes);
  }
});

test("a window opens when the clock on the wall says so", () => {
  // 2027-01-15 is a Friday; it starts at 08:00 UTC.
  const { state, phases } = run({ plan: plan({ downloadWindow: "Mon-Fri 10:00-12:00 [UTC]" }), intervalMs: 60_000 });
  assert.is(state, "done");
  assert.ok(phases[0]!.seconds! > 2 * 3_600, "nobody was offered it before ten");
  assert.ok(phases[0]!.downloadSeconds! < 600);
});

test("over several runs: medians, nine of ten, and whether anything stopped any", () => {
  const bad: RehearsalResult = { ...FIRST, state: "paused", reason: "2 of 3 devices failed in phase 1" };
  const summary = summaryOf([FIRST, FIRST, bad]);
  assert.is(summary.passed, false);
  assert.equal(summary.states, { done: 2, paused: 1 });
  assert.equal(summary.reasons, { "2 of 3 devices failed in phase 1": 1 });
  assert.is(summary.phases[0]!.downloadSeconds.p50, FIRST.phases[0]!.downloadSeconds);
  assert.is(summary.devices.touchedMax, DEVICES);
  assert.is(summaryOf([FIRST]).passed, true);
});

test.run();
