import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { Campaign, NEW, releaseTwo } from "./campaign.ts";
import { isReplayed } from "./replay.ts";
import { FleetScene } from "./scene.ts";

const test = suite("replay");
const scratch = scratchDirectories(test);

/** How many campaigns; all of them take minutes. */
const CAMPAIGNS = process.env["NARROWBOAT_FULL_REPLAY"] === "1" ? 200 : 1;
const ROUNDS = 30;

/** What an operator may do at any time, sensible or not. */
async function somethingHappens(campaign: Campaign): Promise<void> {
  const { random, devices } = campaign;
  const device = devices[random.below(devices.length)]!.id;
  const name = "r";
  const until = random.fraction() < 0.5 ? 0 : campaign.scene.now + 60_000;
  switch (random.below(12)) {
    case 0:
      return void (await campaign.acts({ kind: "rolloutPause", name }));
    case 1:
    case 2:
      return void (await campaign.acts({ kind: "rolloutResume", name }));
    case 3:
      return void (await campaign.acts({ kind: "deviceSet", change: { attributes: { site: "lab" } } }, device));
    case 4:
      return void (await campaign.acts({ kind: "deviceSet", change: { isOptedOut: random.fraction() < 0.5 } }, device));
    case 5:
      return void (await campaign.acts({ kind: "deviceSet", change: { postponedUntil: until } }, device));
    case 6:
      if (random.fraction() < 0.3) await campaign.acts({ kind: "rolloutWayBack", name });
      return;
    case 7:
      if (random.fraction() < 0.2) await campaign.acts({ kind: "rolloutAbort", name });
      return;
    case 8:
      return void (await campaign.acts({ kind: "groupSet", name: "lab", where: "tag.site = lab" }));
    case 9:
      return void (await campaign.acts({ kind: "cellBudgetSet", cell: "", budget: { downloads: 3 } }));
    default:
      return;
  }
}

test(`from the registry's entries alone the fleet is rebuilt, field by field, over ${CAMPAIGNS} random campaigns`, async () => {
  for (let seed = 1; seed <= CAMPAIGNS; seed++) {
    const directory = scratch();
    const target = releaseTwo(directory);
    const random = new SeededRandom(seed);
    const scene = await FleetScene.open(directory);
    const campaign = new Campaign(scene, target, 4 + random.below(12), random, 0.2);
    await campaign.begins([
      { kind: "count", count: 2 },
      { kind: "share", share: 0.5 },
      { kind: "share", share: 1 },
    ]);
    const ids = campaign.devices.map(({ id }) => id);
    for (let round = 0; round < ROUNDS; round++) {
      await campaign.round();
      if (random.fraction() < 0.4) await somethingHappens(campaign);
    }
    await isReplayed(directory, scene, ids);
    await scene.close();
    // And what a process that begins anew holds.
    const again = await FleetScene.open(directory);
    await isReplayed(directory, again, ids);
    await again.close();
  }
});

test("a good release in three phases reaches every device, each assigned once", async () => {
  const directory = scratch();
  const target = releaseTwo(directory);
  const scene = await FleetScene.open(directory);
  const campaign = new Campaign(scene, target, 12, new SeededRandom(3));
  await campaign.begins([
    { kind: "count", count: 2 },
    { kind: "share", share: 0.5 },
    { kind: "share", share: 1 },
  ]);
  for (let round = 0; round < 200 && campaign.state !== "done"; round++) await campaign.round();
  assert.is(campaign.state, "done");
  const ids = campaign.devices.map(({ id }) => id);
  const { assignedCounts } = await isReplayed(directory, scene, ids);
  assert.equal(
    [...assignedCounts.values()],
    ids.map(() => 1),
  );
  assert.equal(
    campaign.devices.map(({ version }) => version),
    ids.map(() => NEW),
  );
  await scene.close();
});

test.run();
