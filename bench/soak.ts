// npm run soak: real devices that come, pull, sleep, change their port and vanish, for twenty minutes and two hundred of them
// unless told otherwise. Memory in the end is that of a quarter of the time, and when all have gone, and time with
// them, no entry of any table is left.

import { setTimeout as sleep } from "node:timers/promises";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { Prng } from "../sim/prng.ts";
import { randomBytes } from "../src/base/random-source.ts";
import { SoakDevice, type Tally } from "./load/soak-device.ts";
import { Resources } from "./resources.ts";
import { type Observation, type ObservedTarget, observedNarrowboat } from "./targets/observed-target.ts";

const IMAGE_LENGTH = 20_000;
const REPORT_EVERY_MS = 30_000;
const MINUTE_MS = 60_000;
/** Longer than a session lives without a word. */
const AFTERWARDS_MS = 2 * 86_400_000;
const MEMORY_GROWTH_MAX = 0.05;
/** Observations of which the least counts, and their distance: the rest is what happens to be under way. */
const OBSERVATIONS = 4;

const options = await yargs(hideBin(process.argv))
  .usage("npm run soak -- [options]")
  .option("minutes", {
    type: "number",
    default: 20,
    describe: "how long; memory is compared with that after a quarter",
  })
  .option("devices", { type: "number", default: 200, describe: "at a time" })
  .option("seed", { type: "number", default: 1, describe: "of what they do; what comes when is the machine's" })
  .option("native", { type: "boolean", default: true, describe: "with the server's native parts" })
  .strict()
  .parse();

const resources = new Resources();
resources.releaseAtTheEnd();
process.exitCode = (await soak()) ? 0 : 1;
resources.release();

/** Whether all held that has to hold. */
async function soak(): Promise<boolean> {
  const { minutes, devices: count, seed, native } = options;
  const random = new Prng(seed);
  const image = randomBytes(random, IMAGE_LENGTH);
  const contender = observedNarrowboat({ node: process.execPath, native });
  const target = await contender.start({ resources, image, identityCount: count });
  const [before, end] = [await target.observe(), performance.now() + minutes * MINUTE_MS];
  console.log(`${count} devices, ${minutes} minutes, seed ${seed}, ${contender.title}`);
  const tally: Tally = { updates: 0, moves: 0, departures: 0, failures: [] };
  const lives = Array.from({ length: count }, (_, number) =>
    new SoakDevice(target, number, image, random.fork(`device ${number}`), tally).live(end),
  );
  const story = [...lives, reportUntil(end, tally)];
  await sleep((minutes * MINUTE_MS) / 4);
  const early = await leastOf(target, minutes);
  await sleep(Math.max(0, end - performance.now() - (minutes * MINUTE_MS) / 8));
  const late = await leastOf(target, minutes);
  await Promise.all(story);
  // Twice: a table that forgets in two steps takes the first with the first look at the clock.
  await target.observe(AFTERWARDS_MS);
  const after = await target.observe(AFTERWARDS_MS);
  await target.stop();
  return verdict(tally, { before, early, late, after });
}

/** The least memory of a few observations over some time. */
async function leastOf(target: ObservedTarget, minutes: number): Promise<Observation> {
  let least = await target.observe();
  for (let i = 1; i < OBSERVATIONS; i++) {
    await sleep((minutes * MINUTE_MS) / 40);
    const next = await target.observe();
    if (next.memoryBytes < least.memoryBytes) least = next;
  }
  return least;
}

async function reportUntil(end: number, tally: Tally): Promise<void> {
  while (performance.now() < end) {
    await sleep(Math.min(REPORT_EVERY_MS, Math.max(0, end - performance.now())));
    const { updates, moves, departures, failures } = tally;
    console.log(`${updates} updates, ${moves} moves, ${departures} vanished, ${failures.length} failed`);
  }
}

function verdict(
  { failures }: Tally,
  { before, early, late, after }: Readonly<Record<"before" | "early" | "late" | "after", Observation>>,
): boolean {
  const growth = late.memoryBytes / early.memoryBytes - 1;
  const left = Object.entries(after.tables).filter(([name, entries]) => entries > before.tables[name]!);
  console.log(`memory: ${inMegabytes(early)} after a quarter, ${inMegabytes(late)} in the end (${percent(growth)})`);
  console.log(`memory when all have gone: ${inMegabytes(after)}, before anybody came ${inMegabytes(before)}`);
  console.log(`handles: ${before.handles} before, ${after.handles} after`);
  console.log(`entries left: ${left.map(([name, entries]) => `${name} ${entries}`).join(", ") || "none"}`);
  for (const failure of failures.slice(0, 10)) console.log(`failed: ${failure}`);
  return growth <= MEMORY_GROWTH_MAX && left.length === 0 && after.handles <= before.handles && failures.length === 0;
}

function inMegabytes({ memoryBytes }: Observation): string {
  return `${(memoryBytes / 2 ** 20).toFixed(2)} MiB`;
}

function percent(share: number): string {
  return `${share < 0 ? "" : "+"}${(100 * share).toFixed(1)} %`;
}
