// Power that fails at every operation on flash of a whole update, one after the other: in its midst, and after it, which is
// before the next. Always one whole image runs, never half of one, and once the power is back the update comes to its end.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type CutMoment, Power } from "../../support/cutting-flash.ts";
import { DEVICE_KEY, DEVICE_RECIPIENT } from "../../support/decryption-keys.ts";
import { SlotBoard } from "../../support/slot-board.ts";
import { type Release, release, UpdateServer } from "../../support/update-server.ts";

const test = suite("power-cuts");

interface Journey {
  readonly releases: readonly Release[];
  /** What is done to a board before the first run. */
  readonly prepare?: (board: SlotBoard) => void;
  /** What runs in the end. */
  readonly version: string;
  /** What the server heard of it last. */
  readonly told: string;
}

const NEW = release({ sequenceNumber: 5, version: "1.1.0" });
const ENCRYPTED = release({ sequenceNumber: 5, version: "1.1.0", encryptTo: [DEVICE_RECIPIENT] });
const BACK = release({ sequenceNumber: 6, version: "1.0.5", forRunning: NEW.manifest.sha256, length: 1_100 });

const JOURNEYS: Readonly<Record<string, Journey>> = {
  "download, switch, trial and confirm": { releases: [NEW], version: "1.1.0", told: "0 1 1.1.0" },
  "a fall-back from what does not start": {
    releases: [NEW],
    prepare: (board) => board.hanging.add("1.1.0"),
    version: "1.0.0",
    told: "0 8 bootFailed 1.1.0",
  },
  "a fall-back from what is not well": {
    releases: [NEW],
    prepare: (board) => board.unwell.add("1.1.0"),
    version: "1.0.0",
    told: "0 8 healthCheckFailed 1.1.0",
  },
  "a fall-back from what reaches nobody": {
    releases: [NEW],
    prepare: (board) => board.cutOff.add("1.1.0"),
    version: "1.0.0",
    told: "0 4 noContact 1.1.0",
  },
  "an encrypted image, decrypted on its way into the slot": {
    releases: [ENCRYPTED],
    version: "1.1.0",
    told: "0 1 1.1.0",
  },
  "an update and the way back": { releases: [NEW, BACK], version: "1.0.5", told: "0 1 1.0.5" },
};

/** One journey over power that fails at operation `cutAt`, counted over all starts; gives back whether it did. */
function travels(journey: Journey, cutAt: number, moment: CutMoment): boolean {
  const server = new UpdateServer();
  const board = new SlotBoard(server, { decryptionKey: DEVICE_KEY });
  journey.prepare?.(board);
  const power = new Power(cutAt, moment);
  board.power = power;
  for (const published of journey.releases) {
    server.publish(published);
    board.know(published.manifest.version, published.image);
    // Each start reads the slot that runs and throws for half an image.
    board.run();
    // Power that came back late leaves an update to be ended at the next check-in.
    if (board.version !== published.manifest.version && journey.version === published.manifest.version) board.run();
  }
  const what = `cut ${moment} operation ${cutAt}: ${board.starts.join(" ")}`;
  assert.is(board.version, journey.version, what);
  assert.is(server.told.at(-1), journey.told, what);
  // Ids survive: what became of an update is told once, however often it was sent. What reaches nobody is tried again.
  const tellings = server.told.filter((told) => told === journey.told).length;
  const trials = board.starts.filter((start) => start.endsWith("*")).length;
  assert.ok(tellings <= (journey.told.includes("noContact") ? trials : 1), `${what}: told ${tellings} times`);
  return power.operations >= cutAt;
}

/** Of a download with its switch, and of a whole update: another journey that begins so need not be cut there again. */
const [SWITCHED, UPDATED] = operationsOfAnUpdate();

function operationsOfAnUpdate(): readonly [number, number] {
  const board = new SlotBoard(new UpdateServer().publish(NEW));
  board.know(NEW.manifest.version, NEW.image);
  board.runOnce();
  const switched = board.power.operations;
  board.run();
  return [switched, board.power.operations];
}

function firstCutOf({ releases, version }: Journey): number {
  if (releases.length > 1) return UPDATED;
  return version === NEW.manifest.version ? 1 : SWITCHED;
}

for (const [name, journey] of Object.entries(JOURNEYS)) {
  test(`${name}: a power cut at any operation leaves a whole image, and the update ends`, () => {
    for (const moment of ["middle", "after"] as const) {
      let cutAt = firstCutOf(journey);
      while (travels(journey, cutAt, moment)) cutAt++;
      assert.ok(cutAt > UPDATED, `${moment}: ${cutAt - 1} operations`);
    }
  });
}

test.run();
