// `npm run test:first-rollout`: README's first roll-out with real processes: a crowd of 50 devices, a release, four phases, done,
// and the registry that shows it. Then the same roll-out is rehearsed: `rehearse` has to say within 20 % how long each phase's
// downloads took. PROFILE in the environment is the link of each device (lte-m), DEVICES how many, SIZE bytes of the image.

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { RehearsalSummary } from "../sim/rehearsal/rehearsal-summary.ts";
import type { Device } from "../src/fleet/device.ts";
import { MAIN, narrowboat, Program, startServe } from "./cli/narrowboat.ts";

const PROFILE = process.env["PROFILE"] ?? "lte-m";
const DEVICES = Number(process.env["DEVICES"] ?? 50);
const SIZE = Number(process.env["SIZE"] ?? 102_432);
const PHASES = "2,10,50%,100%";
const DEVIATION_MAX = 0.2;

const place = mkdtempSync(join(tmpdir(), "narrowboat-first-rollout-"));

interface CrowdLine {
  readonly event: string;
  readonly time: string;
  readonly device: string;
}

async function does(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await narrowboat(place, ...words);
  if (code !== 0) throw new Error(`${words.join(" ")}: ${stdout}${stderr}`);
  return stdout.trim();
}

async function untilKnown(): Promise<void> {
  while ((await devices()).length < DEVICES) await wait(1_000);
}

async function devices(): Promise<readonly Device[]> {
  return JSON.parse(await does("devices", "--json")) as readonly Device[];
}

/** Of each phase: from its first offer to the last image that was whole, seconds. */
function downloadSeconds(lines: readonly CrowdLine[], phaseOf: ReadonlyMap<string, number>): readonly number[] {
  const times = (event: string, phase: number) =>
    lines
      .filter((line) => line.event === event && phaseOf.get(line.device) === phase)
      .map((line) => Date.parse(line.time));
  return PHASES.split(",").map(
    (_, phase) => (Math.max(...times("downloaded", phase)) - Math.min(...times("offered", phase))) / 1_000,
  );
}

async function main(): Promise<void> {
  writeFileSync(join(place, "movehub.bin"), randomBytes(SIZE));
  await does("keygen", "maker.pem");
  await does("trust", "add", "maker.pem.pub", "--product", "movehub");
  await does("release", "movehub.bin", "--product", "movehub", "--version", "1.1.0", "--key", "maker.pem");
  await does(
    "rollout",
    "create",
    "spring",
    "--product",
    "movehub",
    "--version",
    "1.1.0",
    "--phases",
    PHASES,
    "--soak",
    "10s",
  );
  const rehearsed = JSON.parse(
    await does(
      "rehearse",
      "spring",
      "--profile",
      PROFILE,
      "--devices",
      `${DEVICES}`,
      "--interval",
      "5s",
      "--runs",
      "5",
      "--seed",
      "1",
      "--json",
    ),
  ) as RehearsalSummary;
  const { program: server, coapsPort } = await startServe(place, "--no-http");
  const where = [`coaps://127.0.0.1:${coapsPort}`, "--product", "movehub", "--count", `${DEVICES}`];
  const crowd = new Program(MAIN, ["crowd", ...where, "--profile", PROFILE, "--json"], { cwd: place });
  await untilKnown();
  console.log((await does("rollout", "start", "spring", "--watch")).split("\n\n").slice(-2).join("\n\n"));
  const phaseOf = new Map((await devices()).map(({ id, past }) => [id, past[0]!.phase]));
  console.log((await does("log", "verify")).split("\n").slice(0, 2).join("\n"));
  const { stdout } = await crowd.kill("SIGINT");
  await server.kill("SIGTERM");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as CrowdLine);
  console.log("\nphase  downloads took  rehearsed  difference");
  downloadSeconds(lines, phaseOf).forEach((real, phase) => {
    const said = rehearsed.phases[phase]!.downloadSeconds.p50!;
    const difference = said / real - 1;
    const cells = [
      `${phase + 1}`,
      `${real.toFixed(1)} s`,
      `${said.toFixed(1)} s`,
      `${(100 * difference).toFixed(1)} %`,
    ];
    console.log(cells.map((cell, i) => cell.padEnd([7, 16, 11, 0][i]!)).join(""));
    if (!(Math.abs(difference) <= DEVIATION_MAX)) process.exitCode = 1;
  });
}

await main().finally(() => rmSync(place, { recursive: true, force: true }));
