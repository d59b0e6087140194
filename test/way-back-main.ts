// `npm run test:way-back`: a roll-out that went wrong, with real processes. 20 devices update themselves from 1.2.0 to 1.3.0, the
// maker's key is removed, and one command sends all of them back; one that never had 1.3.0 stays where it is.
// DEVICES in the environment chooses how many.

import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { narrowboat, type Outcome, startServe } from "./cli/narrowboat.ts";

const DEVICES = Number(process.env["DEVICES"] ?? 20);
const AT_ONCE = 4;
/** Two looks of a server at its stores. */
const STORES_MS = 2_500;

const place = mkdtempSync(join(tmpdir(), "narrowboat-way-back-"));
const names = Array.from({ length: DEVICES }, (_, i) => `device-${i}`);
const STAYS = "stays";

async function does(...words: readonly string[]): Promise<Outcome> {
  const outcome = await narrowboat(place, ...words);
  if (outcome.code !== 0) throw new Error(`${words.join(" ")}: ${outcome.stdout}${outcome.stderr}`);
  return outcome;
}

async function release(version: string, ...more: readonly string[]): Promise<void> {
  writeFileSync(join(place, `${version}.bin`), randomBytes(8_000));
  await does("release", `${version}.bin`, "--product", "pump", "--version", version, "--key", "maker.pem", ...more);
}

/** What a device runs after it has checked in. */
async function runs(port: number, name: string): Promise<string> {
  const where = [`coaps://127.0.0.1:${port}/m/pump`, "--slots", name, "--trust", "maker.pem.pub"];
  const { stdout } = await does("pull", ...where, "--identity", name, "--key", "00ff".repeat(8), "--json");
  const { version, image } = JSON.parse(stdout.trim().split("\n").at(-1)!) as { version: string; image: string };
  const isWhole = readFileSync(join(place, image)).equals(readFileSync(join(place, `${version}.bin`)));
  return isWhole ? version : `${version}, damaged`;
}

/** How many devices run each version. */
async function count(port: number, devices: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const counted: Record<string, number> = {};
  for (let at = 0; at < devices.length; at += AT_ONCE) {
    const some = await Promise.all(devices.slice(at, at + AT_ONCE).map((name) => runs(port, name)));
    for (const version of some) counted[version] = (counted[version] ?? 0) + 1;
  }
  return counted;
}

async function main(): Promise<void> {
  await does("keygen", "maker.pem");
  await does("trust", "add", "maker.pem.pub", "--product", "pump");
  for (const name of [...names, STAYS]) await does("psk", "add", name, "--key", "00ff".repeat(8));
  await release("1.2.0");
  const { program, coapsPort } = await startServe(place);
  try {
    const say = async (what: string, devices: readonly string[]) => {
      console.log(`${what.padEnd(58)} ${JSON.stringify(await count(coapsPort, devices))}`);
    };
    await say("1.2.0 released", [...names, STAYS]);
    await release("1.3.0", "--way-back", "1.2.0");
    await wait(STORES_MS);
    await say("1.3.0 released; one device does not check in", names);
    rmSync(join(place, "maker.pem"));
    await does("way-back", "pump", "--from", "1.3.0");
    await wait(STORES_MS);
    await say("the maker's key removed; narrowboat way-back", names);
    await say("the device that never had 1.3.0", [STAYS]);
    await say("all of them, once more", [...names, STAYS]);
    const back = await count(coapsPort, [...names, STAYS]);
    if (back["1.2.0"] !== DEVICES + 1) process.exitCode = 1;
  } finally {
    await program.kill("SIGTERM");
  }
}

await main().finally(() => rmSync(place, { recursive: true, force: true }));
