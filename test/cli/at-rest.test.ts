// What lies on the disk, from the first command to the last: no window of 16 bytes of an image or of a device's key.

import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { PskStore } from "../../psk/psk-store.ts";
import { fromHex } from "../../src/base/bytes.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { CRYPTO } from "../support/crypto.ts";
import { MAIN, narrowboat, Program, type RunningServer, startServe } from "./narrowboat.ts";
import { spoken } from "./spoken-command.ts";

const test = suite("at-rest");
const scratch = scratchDirectories(test);

const WINDOW = 16;
const IMAGE = sampleBytes(11, 70_000);
const KEY = "a1b2c3d4e5f60718293a4b5c6d7e8f90fedcba9876543210";
const OTHER_KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/** Every window of what must not be found, as bytes and, for keys, as the digits that an operator writes. */
const WINDOWS = windowsOf([IMAGE, fromHex(KEY)!, fromHex(OTHER_KEY)!, Buffer.from(KEY), Buffer.from(OTHER_KEY)]);

function windowsOf(secrets: readonly Uint8Array[]): ReadonlySet<string> {
  const windows = new Set<string>();
  for (const secret of secrets) {
    const text = Buffer.from(secret).toString("latin1");
    for (let at = 0; at + WINDOW <= text.length; at++) windows.add(text.slice(at, at + WINDOW));
  }
  return windows;
}

/** Where the first window lies; undefined for none. */
function firstWindow(bytes: Uint8Array): number | undefined {
  const text = Buffer.from(bytes).toString("latin1");
  for (let at = 0; at + WINDOW <= text.length; at++) if (WINDOWS.has(text.slice(at, at + WINDOW))) return at;
  return undefined;
}

function filesIn(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Fails when a file below the directory has a window; gives the names of the files. */
function isClean(directory: string): readonly string[] {
  const files = filesIn(directory);
  for (const file of files) assert.is(firstWindow(readFileSync(file)), undefined, file);
  return files.map((file) => file.slice(directory.length + 1));
}

function isSilent({ program }: RunningServer): void {
  assert.is(firstWindow(Buffer.from(program.stdout + program.stderr)), undefined, "the log");
}

async function pull(
  cwd: string,
  { coapsPort }: RunningServer,
  key: string,
  ...more: readonly string[]
): Promise<Buffer> {
  const file = join(cwd, "pulled.bin");
  rmSync(file, { force: true });
  const uri = `coaps://127.0.0.1:${coapsPort}/fw/boat/1.0`;
  const { code, stderr } = await narrowboat(cwd, "pull", uri, "--key", key, "-o", file, ...more);
  assert.is(code, 0, stderr);
  return readFileSync(file);
}

test("publish, psk, serve, pull, rotate and publish beside it: nothing of the image or a key is in a file or the log", async () => {
  const cwd = scratch();
  const data = join(cwd, "narrowboat-data");
  // The system's directory for temporary files, to be searched too.
  const temporary = join(cwd, "tmp");
  mkdirSync(temporary);
  const said = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await new Program(MAIN, words, { cwd, env: { TMPDIR: temporary } }).ended;
    assert.is(code, 0, stderr);
    return stdout;
  };
  writeFileSync(join(cwd, "app.bin"), IMAGE);
  writeFileSync(join(cwd, "next.bin"), IMAGE.subarray(1));
  writeFileSync(join(cwd, "keys.csv"), `meter-8,${OTHER_KEY}\n`);
  assert.is(firstWindow(readFileSync(join(cwd, "app.bin"))), 0, "the search finds what is there");
  await said("publish", "app.bin", "--product", "boat", "--version", "1.0");
  await said("psk", "add", "meter-7", "--key", KEY);
  const server = await startServe(cwd);
  assert.ok((await pull(cwd, server, KEY, "--identity", "meter-7")).equals(IMAGE));
  await said("psk", "import", "keys.csv");
  const shown = JSON.parse(await said("key", "show", "--json")) as { key: string; from: string };
  const rotated = await said("key", "rotate");
  assert.match(rotated, /^before {3}[0-9a-f]{16}\nkey {6}[0-9a-f]{16}\nfrom {5}\S+\nwrapped {2}3 data keys\n/);
  assert.equal([rotated.includes(shown.key), rotated.includes(shown.from)], [true, true]);
  await said("publish", "next.bin", "--product", "boat", "--version", "2.0");
  assert.ok((await pull(cwd, server, OTHER_KEY, "--identity", "meter-8")).equals(IMAGE));
  // Logs of databases are there, for a process has them open.
  const names = isClean(data);
  for (const name of ["psk.db", "psk.db-wal", "psk.db-shm", "firmware.db", "keys.db", "sessions.db"]) {
    assert.ok(names.includes(name), `${name} was searched`);
  }
  await said("psk", "remove", "meter-8");
  await server.program.kill("SIGTERM");
  isSilent(server);
  isClean(data);
  isClean(temporary);
});

test("an image that is encrypted to its devices: what a server stores, serves and says has nothing of it, and a device boots it", async () => {
  const cwd = scratch();
  const data = join(cwd, "narrowboat-data");
  writeFileSync(join(cwd, "app.bin"), IMAGE);
  const at = (name: string) => join(cwd, name);
  const says = async (...words: readonly string[]) => {
    const { code, stderr, stdout } = await spoken(...words, "--data", data);
    assert.is(code, 0, stderr);
    return stdout;
  };
  await says("psk", "add", "meter-7", "--key", KEY);
  await says("keygen", at("maker.pem"));
  await says("keygen", at("meter.pem"), "--algorithm", "es256");
  await says("trust", "add", at("maker.pem.pub"), "--product", "boat");
  await says("class", "set", "secret", "--product", "boat", "--encrypt-to", at("meter.pem.pub"));
  const release = ["release", at("app.bin"), "--product", "boat", "--version", "1.0", "--key", at("maker.pem")];
  const told = await says(...release, "--class", "secret", "--encrypt", "--no-wait");
  assert.is(firstWindow(Buffer.from(told)), undefined);
  const server = await startServe(cwd);
  // Whoever has the server's keys and a device's session sees this, and no more.
  const served = await pull(cwd, server, KEY, "--identity", "meter-7");
  assert.equal([served.length, firstWindow(served)], [IMAGE.length + 16, undefined]);
  const uri = `coaps://127.0.0.1:${server.coapsPort}/m/boat`;
  const device = ["--slots", "dev", "--trust", "maker.pem.pub", "--class", "secret", "--identity", "meter-7"];
  const update = ["pull", uri, ...device, "--key", KEY, "--json"];
  const without = await narrowboat(cwd, ...update);
  assert.equal([without.code, JSON.parse(without.stdout).reason], [1, "noKeyForThisDevice"]);
  const { code, stdout, stderr } = await narrowboat(cwd, ...update, "--decrypt-with", "meter.pem");
  assert.is(code, 0, stderr);
  assert.ok(readFileSync(join(cwd, JSON.parse(stdout).image)).equals(IMAGE));
  isClean(data);
  await server.program.kill("SIGTERM");
  isSilent(server);
  isClean(data);
});

test("while an image is being published, the copy that is under way is sealed too, and what a dead publisher leaves", () => {
  const cwd = scratch();
  const file = join(cwd, "app.bin");
  writeFileSync(file, Buffer.concat(Array.from({ length: 35 }, () => IMAGE)));
  const data = join(cwd, "data");
  const store = FirmwareStore.open(data);
  let looks = 0;
  const onProgress = () => {
    const names = isClean(data);
    assert.ok(names.includes(join("images", "publishing")));
    assert.ok(statSync(join(data, "images", "publishing")).size > 1_000_000);
    looks++;
    if (looks === 2) throw new Error("planted");
  };
  assert.throws(() => store.publish({ file, product: "boat", version: "1", publishedAt: 0, onProgress }), "planted");
  assert.is(looks, 2);
  store.close();
});

test("a missing or wrong master key ends publish, psk, key and serve with one line and exit code 2", async () => {
  const cwd = scratch();
  const data = join(cwd, "narrowboat-data");
  PskStore.open(data, CRYPTO).close();
  FirmwareStore.open(data).close();
  writeFileSync(join(cwd, "app.bin"), IMAGE);
  const commands = [
    ["publish", "app.bin", "--product", "boat", "--version", "1"],
    ["psk", "list"],
    ["key", "rotate"],
    ["serve", "--coaps-port", "0"],
  ];
  rmSync(join(data, "master.key"));
  const missing = await Promise.all(commands.map((words) => narrowboat(cwd, ...words)));
  for (const { code, stderr } of missing) {
    assert.is(code, 2, stderr);
    assert.match(
      stderr,
      /^narrowboat: [^\n]*master\.key is missing[^\n]*: put it back, or set NARROWBOAT_MASTER_KEY\n$/,
    );
  }
  const env = { NARROWBOAT_MASTER_KEY: "00".repeat(32) };
  const wrong = await Promise.all(commands.slice(-1).map((words) => new Program(MAIN, words, { cwd, env }).ended));
  for (const { code, stderr } of wrong) {
    assert.is(code, 2, stderr);
    assert.match(stderr, /^narrowboat: [^\n]*is not the master key [0-9a-f]{16}[^\n]*\n$/);
  }
});

test.run();
