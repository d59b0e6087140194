import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { Campaign, NEW, releaseTwo, SOAK_MS } from "./campaign.ts";
import { isReplayed, openedInTime } from "./replay.ts";
import { FleetScene } from "./scene.ts";

const test = suite("campaign-cut");
const scratch = scratchDirectories(test);

const CUTS = 12;
const DEVICES = 10;
const ROUNDS_MAX = 400;

/** What the disk holds of a process that is killed at this moment: the system keeps what it wrote, and nothing else is there. */
function killed(directory: string, into: string): void {
  for (const file of ["releases.db", "releases.db-wal"]) {
    if (existsSync(join(directory, file))) copyFileSync(join(directory, file), join(into, file));
  }
}

/** Copies what the disk holds when a server is in the midst of a write; false where the round ends without one. */
async function killedWithin(campaign: Campaign, directory: string, into: string): Promise<boolean> {
  const { scene, random } = campaign;
  const { devices, records } = scene.store;
  const isLate = random.fraction() < 0.5;
  const passed = random.below(4);
  let writes = 0;
  const cut = new Promise<boolean>((resolve) => {
    const look = () => {
      if (writes++ !== passed) return;
      killed(directory, into);
      resolve(true);
    };
    const [write, add] = [devices.write.bind(devices), records.add.bind(records)];
    devices.write = (...args) => write(...args).then(() => (isLate ? undefined : look()));
    records.add = (...args) => add(...args).then(() => (isLate ? look() : undefined));
    // Nobody hears what becomes of it.
    campaign.round().then(
      () => resolve(false),
      () => resolve(false),
    );
  });
  return cut;
}

test(`a server that is killed ${CUTS} times within its writes: the campaign ends, nobody is assigned twice or stuck, no phase opens early, no entry is lost`, async () => {
  const random = new SeededRandom(5);
  let directory = scratch();
  const target = releaseTwo(directory);
  const campaign = new Campaign(await FleetScene.open(directory), target, DEVICES, random);
  await campaign.begins([
    { kind: "count", count: 3 },
    { kind: "share", share: 0.5 },
    { kind: "share", share: 1 },
  ]);
  const ids = campaign.devices.map(({ id }) => id);
  let cuts = 0;
  for (let round = 0; round < ROUNDS_MAX && !(cuts >= CUTS && campaign.state === "done"); round++) {
    if (cuts < CUTS && random.fraction() < 0.6) {
      const { scene } = campaign;
      const rest = scratch();
      if (!(await killedWithin(campaign, directory, rest))) continue;
      const seen = scene.records.length;
      scene.isDead = true;
      await scene.close();
      const { now, records } = scene;
      directory = rest;
      campaign.scene = await FleetScene.open(directory);
      campaign.scene.now = now;
      campaign.scene.records.push(...records);
      assert.ok((await campaign.scene.store.records.newest()) >= seen, "what was told is there");
      campaign.scene.records.length = await campaign.scene.store.records.newest();
      cuts++;
    }
    await campaign.round();
  }
  assert.equal([cuts, campaign.state], [CUTS, "done"]);
  assert.equal(
    campaign.devices.map(({ version }) => version),
    ids.map(() => NEW),
  );
  const { assignedCounts, records } = await isReplayed(directory, campaign.scene, ids);
  assert.equal(
    [...assignedCounts.values()],
    ids.map(() => 1),
  );
  assert.is(openedInTime(records, SOAK_MS), 2);
  await campaign.scene.close();
});

test.run();
