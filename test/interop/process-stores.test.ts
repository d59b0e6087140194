// Stores that are damaged, locked or on a full disk while a server serves: pages of the files, the lock that another process
// holds, a disk without room, each made for real, under load. `npm run faults` has each for 20 s.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PskStore } from "../../psk/psk-store.ts";
import { DEFAULT_CIPHER_SUITES } from "../../src/dtls/cipher-suite.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { loadBlocks } from "../support/block-load.ts";
import { CRYPTO } from "../support/crypto.ts";
import { DtlsClientSocket } from "../support/dtls-client-socket.ts";
import { freePort } from "../support/free-port.ts";
import { missing, peer } from "../support/peers.ts";
import { Program } from "../support/program.ts";
import { fillStores, NARROWBOAT, Serving } from "../support/serving.ts";

const test = suite("process-stores");
const scratch = scratchDirectories(test);

const DURATION_MS = 1000 * Number(process.env["NARROWBOAT_FAULT_SECONDS"] ?? 2);
const LIMIT_MS = 100_000;
const BLOCK = sampleBytes(7, 512);
const PATH = "/fw/boat/1.0";
const DEVICE = ["--identity", "meter-14000", "--key", "00112233445566778899aabbccddeeff"];
/** A device that stays without a word. */
const SLEEPER = { identity: "meter-7", key: "0123456789abcdef" };
const PAGE_LENGTH = 4096;

/** Any one block's; the server is never away from its sockets for long. */
const LATE_MS = 3_000;

const running: { readonly stop: () => unknown }[] = [];

// A test that fails leaves its server.
test.after.each(async () => {
  for (const one of running.splice(0)) await one.stop();
});

/** Keys of thousands of devices and hundreds of images: a server that has begun has not read most pages of the keys. */
async function filled(): Promise<string> {
  const directory = scratch();
  fillStores(directory, { images: { "1.0": BLOCK }, keys: { [SLEEPER.identity]: SLEEPER.key } });
  const lines = Array.from({ length: 5_000 }, (_, i) => `meter-${10_000 + i},${DEVICE[3]}\n`);
  writeFileSync(join(directory, "keys.csv"), lines.join(""));
  const store = PskStore.open(directory, CRYPTO);
  await store.importCsv(join(directory, "keys.csv"), 1_000);
  store.close();
  const index = new DatabaseSync(join(directory, "firmware.db"));
  index.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
    INSERT INTO image SELECT 'other', n.i, length, sha256, published_at FROM image, n`);
  index.close();
  return directory;
}

async function serving(directory: string): Promise<Serving> {
  const server = await Serving.start(directory, { images: {}, flags: ["--coap"] });
  running.push(server);
  return server;
}

function pull(directory: string, uri: string): Program {
  const device = uri.startsWith("coaps:") ? DEVICE : [];
  return new Program(
    process.execPath,
    [NARROWBOAT, "pull", uri, ...device, "-o", join(directory, "out.bin")],
    LIMIT_MS,
  );
}

async function blocksCome(port: number): Promise<void> {
  const { blockCount, longestMs } = await loadBlocks(port, PATH, BLOCK, DURATION_MS);
  assert.ok(blockCount > 100 && longestMs < LATE_MS, `${blockCount} blocks, one after ${longestMs} ms`);
}

interface Scene {
  readonly directory: string;
  /** Said once when the fault begins, and once when it is over. */
  readonly events: readonly [string, string];
  /** Makes the fault, and gives what mends it. */
  readonly fault: () => () => void;
  /** What a device asks for that has to wait. */
  readonly asked: (server: Serving) => string;
}

/** While the fault lasts blocks come; what a device asks for waits, and goes on when it is over. */
async function livesThrough({ directory, events: [begun, over], fault, asked }: Scene): Promise<void> {
  const server = await serving(directory);
  // What is known is what was asked for once.
  await loadBlocks(server.coapPort, PATH, BLOCK, 100);
  const mend = fault();
  const device = pull(directory, asked(server));
  try {
    const load = blocksCome(server.coapPort);
    await server.logged(({ event }) => event === begun);
    await load;
    assert.not.ok(server.log().some(({ event }) => event === over));
  } finally {
    mend();
  }
  await server.logged(({ event }) => event === over);
  const { exit, text } = await device.ended;
  assert.is(exit, 0, text);
  assert.is(server.log().filter(({ event }) => event === begun).length, 1);
}

/** All but the first page, which has the schema. */
function damage(database: string): () => void {
  const whole = readFileSync(database);
  const damaged = Uint8Array.from(whole);
  damaged.fill(0xa5, PAGE_LENGTH);
  writeFileSync(database, damaged);
  return () => writeFileSync(database, whole);
}

/** No reader waits for a writer where there is a write-ahead log; where somebody has changed that, all do. */
function withoutLog(database: string): string {
  const file = new DatabaseSync(database);
  file.exec("PRAGMA journal_mode = delete");
  file.close();
  return database;
}

/** Keeps readers out where there is no log, until `work` is done. */
function locked(database: string, work = ""): () => void {
  // The server may be reading just now.
  const holder = new DatabaseSync(database, { timeout: 10_000 });
  holder.exec(`BEGIN EXCLUSIVE; ${work}`);
  return () => {
    holder.exec("COMMIT");
    holder.close();
  };
}

const PUBLISH = "INSERT INTO image SELECT product, '2.0', length, sha256, 1 FROM image WHERE product = 'boat'";

const keyEvents = ["keysUnavailable", "keysAvailable"] as const;
const imageEvents = ["imagesUnavailable", "imagesAvailable"] as const;

test("damaged pages of psk.db: blocks come, one line says so, and a handshake goes on once the file is whole", async () => {
  const directory = await filled();
  const fault = () => damage(join(directory, "psk.db"));
  await livesThrough({ directory, events: keyEvents, fault, asked: (server) => server.coaps(PATH) });
});

test("another process writes psk.db: blocks come, and handshakes too", async () => {
  const directory = await filled();
  const server = await serving(directory);
  const unlock = locked(join(directory, "psk.db"));
  try {
    const load = blocksCome(server.coapPort);
    const { exit, text } = await pull(directory, server.coaps(PATH)).ended;
    assert.is(exit, 0, text);
    await load;
  } finally {
    unlock();
  }
});

test("another process keeps everybody out of psk.db: blocks come, and a handshake goes on once it has finished", async () => {
  const directory = await filled();
  const database = withoutLog(join(directory, "psk.db"));
  await livesThrough({
    directory,
    events: keyEvents,
    fault: () => locked(database),
    asked: (server) => server.coaps(PATH),
  });
});

test("damaged pages of firmware.db: known images are served, one line says so, and a new one once the file is whole", async () => {
  const directory = await filled();
  const database = join(directory, "firmware.db");
  const fault = () => {
    const publisher = new DatabaseSync(database);
    publisher.exec(`BEGIN IMMEDIATE; ${PUBLISH}`);
    const mend = damage(database);
    publisher.exec("COMMIT");
    return () => {
      mend();
      publisher.close();
    };
  };
  await livesThrough({ directory, events: imageEvents, fault, asked: (server) => server.coap("/fw/boat/2.0") });
});

test("another process keeps everybody out of firmware.db: known images are served, and a new one once it has finished", async () => {
  const directory = await filled();
  const database = withoutLog(join(directory, "firmware.db"));
  const fault = () => locked(database, PUBLISH);
  await livesThrough({ directory, events: imageEvents, fault, asked: (server) => server.coap("/fw/boat/2.0") });
});

if (peer("unshare") !== undefined && spawnSync("unshare", ["--mount", "true"]).status === 0) {
  test("the disk of all stores is full: blocks come, handshakes too, and one line says that no session is saved", async () => {
    const directory = await filled();
    const disk = join(scratch(), "disk");
    mkdirSync(disk);
    const ports = [await freePort(), await freePort()] as const;
    const flags = `--host 127.0.0.1 --coaps-port ${ports[0]} --coap --coap-port ${ports[1]}`;
    const script = `mount -t tmpfs -o size=8m,mode=700 full ${disk} && cp ${directory}/*.db ${directory}/master.key ${disk} &&
      cp -r ${directory}/images ${disk} && exec ${process.execPath} ${NARROWBOAT} serve --data ${disk} ${flags}`;
    const server = new Program("unshare", ["--mount", "sh", "-c", script], LIMIT_MS);
    running.push({ stop: () => server.kill("SIGKILL") });
    await server.waitFor(/listening coap:/);
    const filler = new Program("dd", ["if=/dev/zero", `of=/proc/${server.pid}/root${disk}/filler`], LIMIT_MS);
    assert.match((await filler.ended).text, /No space left/);
    const load = blocksCome(ports[1]);
    const session = await DtlsClientSocket.connect({ port: ports[0], ...SLEEPER, suite: DEFAULT_CIPHER_SUITES[0]! });
    await load;
    await server.waitFor(/"event":"sessionsUnsaved"/);
    session.close();
    assert.is(server.text.match(/"event":"sessionsUnsaved"/g)?.length, 1);
    server.kill("SIGTERM");
    assert.is((await server.ended).exit, 0, server.text);
  });
} else missing("a disk of its own needs the rights of root");

test.run();
