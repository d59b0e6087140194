// `npm run test:cell`: 20 real `pull`s of 4 KiB through `narrowboat link --shared` on nb-iot-ce1, beside what `tune --shared`
// says of such a campaign. AT_A_TIME (between commas) in the environment chooses how many pull at a time.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { type Campaign, runCampaign } from "../sim/cell/campaign.ts";
import { type CellRow, cellRows, type Figure } from "../sim/cell/cell-row.ts";
import { profileNamed } from "../sim/profiles/profiles.ts";
import { combinationsFor, seedOfRun } from "../sim/tune/tune.ts";
import { toHex, toUtf8 } from "../src/base/bytes.ts";
import { sampleBytes } from "./firmware-store/sample-image.ts";
import { IDENTITY, KEY } from "./support/coap-client-program.ts";
import { CRYPTO } from "./support/crypto.ts";
import { LinkProgram } from "./support/link-program.ts";
import { runProgram } from "./support/program.ts";
import { NARROWBOAT, Serving } from "./support/serving.ts";

const PROFILE = "nb-iot-ce1";
const IMAGE = sampleBytes(12, 4096);
const DEVICES = 20;
/** As many as put 95 of 100 further campaigns within their second least and second greatest. */
const SIMULATED_RUNS = 80;
const LIMIT_MS = 1_200_000;

const directory = mkdtempSync(join(tmpdir(), "narrowboat-cell-"));
const outside: string[] = [];
for (const atATime of (process.env["AT_A_TIME"] ?? "5,20").split(",").map(Number)) {
  const { ends, spreadSeconds } = await pulled(atATime);
  const row = simulated(atATime, spreadSeconds);
  const figures: readonly [string, Figure | null, number | undefined][] = [
    ["half", row.seconds.half, ends[DEVICES / 2 - 1]],
    ["p95", row.seconds.p95, ends[Math.ceil(0.95 * DEVICES) - 1]],
    ["last", row.seconds.last, ends.at(-1)],
  ];
  console.log(
    `${atATime} at a time, begun within ${spreadSeconds.toFixed(1)} s: ${ends.length} of ${DEVICES} have the image, ` +
      `tune: ${row.completed / row.runs}`,
  );
  for (const [name, figure, real] of figures) {
    const holds = figure !== null && real !== undefined && figure.low <= real && real <= figure.high;
    if (!holds) outside.push(name);
    const interval = figure === null ? "-" : `${figure.low.toFixed(1)}..${figure.high.toFixed(1)} s`;
    console.log(`  ${name} ${real?.toFixed(1) ?? "-"} s of ${interval}${holds ? "" : " OUTSIDE"}`);
  }
}
rmSync(directory, { recursive: true });
if (outside.length > 0) {
  console.error(`${outside.length} outside of what tune says`);
  process.exitCode = 1;
}

/** `spreadSeconds`: over which those that begin at once come. */
function simulated(atATime: number, spreadSeconds: number): CellRow {
  const lists = { blockSizes: [], ackTimeoutsSeconds: [], windows: [] };
  const profiles = [profileNamed(PROFILE)];
  const [combination] = combinationsFor({ profiles, imageLength: IMAGE.length, dialect: "own", ...lists });
  const campaign: Campaign = {
    combination: combination!,
    deviceCount: DEVICES,
    spreadSeconds: (spreadSeconds * DEVICES) / atATime,
    atATime,
  };
  const results = Array.from({ length: SIMULATED_RUNS }, (_, run) =>
    runCampaign(CRYPTO, campaign, seedOfRun(1, run), () => {}),
  );
  return cellRows([{ campaign, results, isCandidate: true }])[0]!;
}

interface Pulled {
  /** When each pull that got the image ended, in order, seconds; what the program itself takes is taken off. */
  readonly ends: readonly number[];
  /** A computer starts its programs one after the other: so long after the first one the last of them begins to speak. */
  readonly spreadSeconds: number;
}

async function pulled(atATime: number): Promise<Pulled> {
  const cargo = {
    images: { "1": IMAGE },
    keys: { [IDENTITY]: KEY },
    flags: ["--sessions-per-identity", "64"],
    limitMs: LIMIT_MS,
  };
  const serving = await Serving.start(join(directory, String(atATime)), cargo);
  const started = performance.now();
  const readyMs: number[] = [];
  const pullWithoutLink = async () => {
    assert.ok(await pull(serving.coaps("/fw/boat/1")), "a pull without a link");
    readyMs.push(performance.now() - started);
  };
  await Promise.all(Array.from({ length: atATime }, pullWithoutLink));
  const startMs = Math.min(...readyMs);
  const spreadSeconds = (Math.max(...readyMs) - startMs) / 1000;
  const link = await LinkProgram.startFor(LIMIT_MS, serving.coapsPort, PROFILE, "--shared", "--seed", "1");
  const began = performance.now();
  const ends: number[] = [];
  let begun = 0;
  const pullOneAfterTheOther = async () => {
    while (begun++ < DEVICES) {
      if (await pull(link.coaps("/fw/boat/1"))) ends.push((performance.now() - began - startMs) / 1000);
    }
  };
  await Promise.all(Array.from({ length: atATime }, pullOneAfterTheOther));
  await link.stop();
  await serving.stop();
  return { ends, spreadSeconds };
}

async function pull(uri: string): Promise<boolean> {
  const args = [NARROWBOAT, "pull", uri, "--identity", IDENTITY, "--key", toHex(toUtf8(KEY)), "-o", "-"];
  const { stdout } = await runProgram(process.execPath, args, LIMIT_MS);
  return stdout.equals(IMAGE);
}
