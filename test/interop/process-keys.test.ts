// A store of keys that is damaged or locked while a server serves: pages of the file, and the lock that another process holds.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PskStore } from "../../psk/psk-store.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { loadBlocks } from "../support/block-load.ts";
import { Program } from "../support/program.ts";
import { fillStores, NARROWBOAT, Serving } from "../support/serving.ts";

const test = suite("process-keys");
const scratch = scratchDirectories(test);

const DURATION_MS = 1000 * Number(process.env["NARROWBOAT_FAULT_SECONDS"] ?? 2);
const BLOCK = sampleBytes(7, 512);
const KEY_HEX = "00112233445566778899aabbccddeeff";
const PAGE_LENGTH = 4096;

/** A server with keys of thousands of devices, most of whose pages it has not read. */
async function serving(): Promise<{ readonly directory: string; readonly server: Serving; readonly database: string }> {
  const directory = scratch();
  fillStores(directory, { images: { "1.0": BLOCK } });
  const lines = Array.from({ length: 5_000 }, (_, i) => `meter-${10_000 + i},${KEY_HEX}\n`);
  writeFileSync(join(directory, "keys.csv"), lines.join(""));
  const store = PskStore.open(directory);
  await store.importCsv(join(directory, "keys.csv"), 1_000);
  store.close();
  const server = await Serving.start(directory, { images: {}, flags: ["--coap"] });
  return { directory, server, database: join(directory, "psk.db") };
}

function pull(directory: string, server: Serving): Program {
  const file = join(directory, "out.bin");
  const uri = server.coaps("/fw/boat/1.0");
  const args = [NARROWBOAT, "pull", uri, "--identity", "meter-14000", "--key", KEY_HEX, "-o", file];
  return new Program(process.execPath, args, 100_000);
}

/** While `fault` lasts blocks come; one handshake waits, and goes on when it is over. */
async function livesThrough(fault: (database: string) => () => void): Promise<void> {
  const { directory, server, database } = await serving();
  const mend = fault(database);
  const device = pull(directory, server);
  try {
    const load = loadBlocks(server.coapPort, "/fw/boat/1.0", BLOCK, DURATION_MS);
    await server.logged(({ event }) => event === "keysUnavailable");
    const { blockCount, longestMs } = await load;
    assert.ok(blockCount > 100 && longestMs < 3_000, `${blockCount} blocks, one after ${longestMs} ms`);
  } finally {
    mend();
  }
  await server.logged(({ event }) => event === "keysAvailable");
  const { exit, text } = await device.ended;
  assert.is(exit, 0, text);
  assert.is(server.log().filter(({ event }) => event === "keysUnavailable").length, 1);
  await server.stop();
}

test("damaged pages of psk.db: blocks come, one line says so, and a handshake goes on once the file is whole", async () => {
  await livesThrough((database) => {
    const whole = readFileSync(database);
    const damaged = Uint8Array.from(whole);
    damaged.fill(0xa5, PAGE_LENGTH);
    writeFileSync(database, damaged);
    return () => writeFileSync(database, whole);
  });
});

test("another process holds the exclusive lock of psk.db: blocks come, and handshakes too", async () => {
  const { directory, server, database } = await serving();
  const holder = new DatabaseSync(database);
  holder.exec("BEGIN EXCLUSIVE");
  try {
    const load = loadBlocks(server.coapPort, "/fw/boat/1.0", BLOCK, DURATION_MS);
    const { exit, text } = await pull(directory, server).ended;
    assert.is(exit, 0, text);
    const { blockCount, longestMs } = await load;
    assert.ok(blockCount > 100 && longestMs < 3_000, `${blockCount} blocks, one after ${longestMs} ms`);
  } finally {
    holder.close();
  }
  await server.stop();
});

test.run();
