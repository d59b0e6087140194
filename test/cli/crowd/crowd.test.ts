// `crowd`, as somebody fills a test bed with devices.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isAmong } from "../../../sim/boot-failures.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { freePort } from "../../support/free-port.ts";
import { MAIN, Program } from "../narrowboat.ts";
import { spoken } from "../spoken-command.ts";

const test = suite("crowd");
const scratch = scratchDirectories(test);

/** A data directory with a maker and a release. */
async function released(directory: string): Promise<void> {
  const path = (name: string) => join(directory, name);
  writeFileSync(path("1.1.0.bin"), new Uint8Array(5_000).fill(7));
  for (const words of [
    ["keygen", path("maker.pem")],
    ["trust", "add", path("maker.pem.pub"), "--product", "pump"],
    ["release", path("1.1.0.bin"), "--product", "pump", "--version", "1.1.0", "--key", path("maker.pem"), "--no-wait"],
  ]) {
    const { code, stderr } = await spoken(...words, "--data", path("data"));
    assert.is(code, 0, stderr);
  }
}

interface Line {
  readonly event: string;
  readonly device: string;
  readonly reason?: string;
  readonly versions?: Readonly<Record<string, number>>;
  readonly checkIns?: number;
}

function linesOf(stdout: string): readonly Line[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

test("five devices over a link wait for their server, check in at each interval, and new images fail on the same ones", async () => {
  const directory = scratch();
  await released(directory);
  const port = await freePort();
  const names = Array.from({ length: 5 }, (_, i) => `crowd-pump-${i + 1}`);
  const failing = names.filter((name) => isAmong(CRYPTO, 0.4, name));
  assert.ok(failing.length > 0 && failing.length < 5, "a share of five that says something");
  const words = ["--product", "pump", "--count", "5", "--interval", "0.5s", "--boot-fails", "40%", "--json"];
  const where = [`coaps://127.0.0.1:${port}`, "--profile", "ideal:rtt=20ms", "--data", "data"];
  const crowd = new Program(MAIN, ["crowd", ...where, ...words], { cwd: directory });
  // By then its first hellos were in vain.
  await wait(1_000);
  const server = new Program(MAIN, ["serve", "--data", "data", "--coaps-port", `${port}`], { cwd: directory });
  await crowd.said(/(?:"event":"(?:confirmed|fellBack)"[\s\S]*?){5}/);
  // The ticket says: in six hours.
  await server.said(/(?:"event":"checkIn"[\s\S]*?){12}/);
  await server.kill("SIGTERM");
  const { code, stdout, stderr } = await crowd.kill("SIGINT");
  assert.is(code, 0, stderr);
  const lines = linesOf(stdout);
  const devicesOf = (event: string) => new Set(lines.filter((line) => line.event === event).map((line) => line.device));
  assert.equal([...devicesOf("fellBack")].sort(), failing);
  assert.equal(
    [...devicesOf("confirmed")].sort(),
    names.filter((name) => !failing.includes(name)),
  );
  const { versions, checkIns } = lines.at(-1)!;
  assert.equal(versions, { factory: failing.length, "1.1.0": 5 - failing.length });
  assert.ok(checkIns! >= 10);
});

test("devices for a server elsewhere come from a file of keys, and the maker's public key", async () => {
  const directory = scratch();
  await spoken("keygen", join(directory, "maker.pem"));
  writeFileSync(join(directory, "keys.csv"), "a,00112233445566778899aabbccddeeff\n");
  const where = ["crowd", "coaps://127.0.0.1:9", "--product", "pump", "--trust", "maker.pem.pub", "--keys", "keys.csv"];
  const crowd = new Program(MAIN, [...where, "--count", "1"], { cwd: directory });
  await crowd.said(/1 devices: 1 run factory; 1 start/);
  assert.is((await crowd.kill("SIGINT")).code, 0);
});

test("a file of fewer keys than devices is wrong use", async () => {
  const [file, maker] = [join(scratch(), "keys.csv"), join(scratch(), "maker.pem")];
  writeFileSync(file, "a,00112233445566778899aabbccddeeff\n");
  await spoken("keygen", maker);
  const words = ["--product", "pump", "--count", "2", "--keys", file, "--trust", `${maker}.pub`];
  const { code, stderr } = await spoken("crowd", "coaps://127.0.0.1:9", ...words);
  assert.is(code, 2);
  assert.match(stderr, /keys\.csv has 1 keys: give --count so many/);
});

const REFUSALS: readonly [string, string[], RegExp][] = [
  ["coap://", ["coap://127.0.0.1", "--count", "5"], /write coaps:\/\/HOST/],
  ["a path", ["coaps://127.0.0.1/m/pump", "--count", "5"], /--product says what the devices are/],
  ["more than 1000 devices", ["coaps://127.0.0.1", "--count", "1001"], /use 1 to 1000/],
  ["nobody who is trusted", ["coaps://127.0.0.1", "--count", "5"], /no maker of pump is trusted: narrowboat trust add/],
];

for (const [what, words, pattern] of REFUSALS) {
  test(`${what} is wrong use`, async () => {
    const { code, stderr } = await spoken("crowd", ...words, "--product", "pump", "--data", scratch());
    assert.is(code, 2, stderr);
    assert.match(stderr, pattern);
  });
}

test.run();
