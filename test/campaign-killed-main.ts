// `npm run test:campaign-killed`: a campaign of real devices whose server is killed again and again, with real processes. DEVICES,
// KILLS and SEED in the environment choose how many and at which moments; the campaign is paced so that it lasts as long.

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { FleetAction } from "../src/fleet/fleet-action.ts";
import { narrowboat } from "./cli/narrowboat.ts";
import { isReplayed, openedInTime } from "./fleet-store/replay.ts";
import { FleetScene } from "./fleet-store/scene.ts";
import { freePort } from "./support/free-port.ts";
import { Program } from "./support/program.ts";
import { SeededRandom } from "./support/seeded-random.ts";
import { NARROWBOAT } from "./support/serving.ts";

const DEVICES = Number(process.env["DEVICES"] ?? 200);
const KILLS = Number(process.env["KILLS"] ?? 200);
const SEED = Number(process.env["SEED"] ?? 1);
/** From "listening" to a kill, ms, and what a start takes beside it. */
const ALIVE_MS = 3_000;
const START_MS = 1_500;
const SOAK_MS = 5_000;
const END_LIMIT_MS = 600_000;
const PROCESS_LIMIT_MS = 3_600_000;

const place = mkdtempSync(join(tmpdir(), "narrowboat-campaign-"));
const data = join(place, "narrowboat-data");
const random = new SeededRandom(SEED);

async function does(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await narrowboat(place, ...words);
  if (code !== 0) throw new Error(`${words.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

async function withFleet<Value>(work: (scene: FleetScene) => Promise<Value>): Promise<Value> {
  const scene = await FleetScene.open(data);
  scene.now = Date.now();
  try {
    return await work(scene);
  } finally {
    await scene.close();
  }
}

async function beginCampaign(): Promise<void> {
  const perMinute = Math.ceil((DEVICES * 60_000) / (KILLS * (ALIVE_MS / 2 + START_MS)));
  const draft = {
    name: "r",
    product: "pump",
    version: "1.3.0",
    phases: [
      { kind: "count", count: Math.ceil(DEVICES / 40) },
      { kind: "share", share: 0.2 },
      { kind: "share", share: 1 },
    ],
    pace: { perMinute, growth: 1, every: 1, most: perMinute },
    soakMs: SOAK_MS,
    timeoutMs: 600_000,
    patienceMs: 120_000,
  } as const;
  await acts({ kind: "rolloutCreate", draft }, { kind: "rolloutStart", name: "r" });
}

async function acts(...actions: readonly FleetAction[]): Promise<void> {
  await withFleet(async ({ service }) => {
    for (const action of actions) {
      const done = await service.act({ person: "anna" }, action);
      if (!done.ok) throw new Error(done.error.reason);
    }
  });
}

/** Every device has checked in. */
async function untilAllAreThere(): Promise<void> {
  while ((await withFleet(({ store }) => store.devices.count())) < DEVICES) await wait(1_000);
}

async function stateNow(): Promise<string> {
  return withFleet(async ({ service }) => {
    const rollout = await service.rollout("r");
    return rollout.ok ? rollout.value.state : rollout.error.reason;
  });
}

async function started(port: number): Promise<Program> {
  const ports = ["--host", "127.0.0.1", "--coaps-port", String(port)];
  const program = new Program(process.execPath, [NARROWBOAT, "serve", "--data", data, ...ports], PROCESS_LIMIT_MS);
  // However long it takes beside other work: what is killed is a server that serves.
  while (!/^listening coaps:/m.test(program.text)) await wait(20);
  return program;
}

async function killAgainAndAgain(port: number): Promise<void> {
  for (let kills = 1; kills <= KILLS; kills++) {
    const server = await started(port);
    await wait(random.below(ALIVE_MS));
    server.kill("SIGKILL");
    await server.ended;
    if (kills % 20 === 0) console.log(`${kills} kills: ${await stateNow()}`);
  }
}

async function untilDone(): Promise<void> {
  const until = Date.now() + END_LIMIT_MS;
  while ((await stateNow()) === "running" && Date.now() < until) await wait(2_000);
}

/** Throws where anything is not as it should be. */
async function look(): Promise<void> {
  await withFleet(async (scene) => {
    const page = await scene.service.devices({ limit: 1_000 });
    if (!page.ok) throw new Error(page.error.reason);
    const { devices } = page.value;
    const { assignedCounts, records } = await isReplayed(
      data,
      scene,
      devices.map(({ id }) => id),
    );
    const opened = openedInTime(records, SOAK_MS);
    const updated = devices.filter(({ running }) => running.version === "1.3.0").length;
    const twice = [...assignedCounts.values()].filter((count) => count !== 1).length;
    console.log(
      `${updated} of ${DEVICES} devices run 1.3.0; assigned more than once: ${twice}; phases that opened in time: ${opened}`,
    );
    console.log(`${records.length} records, each in its entry, and the fleet is what they say, field by field`);
    if (updated !== DEVICES || twice !== 0 || opened !== 2 || assignedCounts.size !== DEVICES) process.exitCode = 1;
  });
  console.log((await does("log", "verify")).trim());
}

async function main(): Promise<void> {
  await does("keygen", "maker.pem");
  await does("trust", "add", "maker.pem.pub", "--product", "pump");
  writeFileSync(join(place, "new.bin"), randomBytes(16_000));
  await does("release", "new.bin", "--product", "pump", "--version", "1.3.0", "--key", "maker.pem", "--no-wait");
  await acts({ kind: "productSet", product: "pump", change: { approvals: 0, offer: "rollout" } });
  const port = await freePort();
  const uri = `coaps://127.0.0.1:${port}`;
  const devices = ["crowd", uri, "--product", "pump", "--count", String(DEVICES), "--interval", "3s", "--data", data];
  const crowd = new Program(process.execPath, [NARROWBOAT, ...devices], PROCESS_LIMIT_MS);
  try {
    const first = await started(port);
    await untilAllAreThere();
    await beginCampaign();
    first.kill("SIGKILL");
    await first.ended;
    await killAgainAndAgain(port);
    const server = await started(port);
    await untilDone();
    console.log(`after ${KILLS} kills: ${await stateNow()}`);
    if ((await stateNow()) !== "done") process.exitCode = 1;
    server.kill("SIGTERM");
    await server.ended;
  } finally {
    crowd.kill("SIGKILL");
    await crowd.ended;
  }
  await look();
}

await main().finally(() => rmSync(place, { recursive: true, force: true }));
