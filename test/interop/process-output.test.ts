// What becomes of a server whose log cannot be written: a full disk, a pipe whose reader has gone, one who sleeps. Each is
// made for real, under load. `npm run faults` has each for 20 s.

import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { closeSync, constants, existsSync, openSync, readFileSync, readSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { WAITING_LENGTH_MAX } from "../../src/shell/line-output.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { loadBlocks } from "../support/block-load.ts";
import { freePort } from "../support/free-port.ts";
import { missing, peer } from "../support/peers.ts";
import { Program } from "../support/program.ts";
import { fillStores, NARROWBOAT, Serving } from "../support/serving.ts";

const test = suite("process-output");
const scratch = scratchDirectories(test);

const DURATION_MS = 1000 * Number(process.env["NARROWBOAT_FAULT_SECONDS"] ?? 3);
const LIMIT_MS = 280_000;
const BLOCK = sampleBytes(7, 512);
const PATH = "/fw/boat/1.0";
/** What a process of Node.js gains by itself while it warms up. */
const WARM_BYTES = 24 * 2 ** 20;

const running: Program[] = [];

// A test that fails leaves its server.
test.after.each(() => {
  for (const program of running.splice(0)) program.kill("SIGKILL");
});

interface Scene {
  readonly directory: string;
  readonly port: number;
  readonly program: Program;
}

/** A server that shell words start: `serve` stands for its command, without redirections. */
async function started(script: (directory: string) => string): Promise<Scene> {
  const directory = scratch();
  const data = join(directory, "data");
  fillStores(data, { images: { "1.0": BLOCK }, keys: { "meter-7": "0123456789abcdef" } });
  const port = await freePort();
  const flags = `--data ${data} --host 127.0.0.1 --coaps-port 0 --coap --coap-port ${port}`;
  const serve = `exec ${process.execPath} ${NARROWBOAT} serve ${flags}`;
  const program = new Program("sh", ["-c", script(directory).replace("SERVE", serve)], LIMIT_MS);
  running.push(program);
  return { directory, port, program };
}

function residentBytes({ program }: Scene): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${program.pid}/status`, "latin1"))!;
  return 1024 * Number(kilobytes);
}

/** Blocks come all the while, and memory stays what it is. */
async function serves(scene: Scene): Promise<void> {
  await loadBlocks(scene.port, PATH, BLOCK, DURATION_MS / 4);
  const before = residentBytes(scene);
  const { blockCount } = await loadBlocks(scene.port, PATH, BLOCK, DURATION_MS);
  assert.ok(blockCount > 100, `${blockCount} blocks`);
  const grown = residentBytes(scene) - before;
  assert.ok(grown < WARM_BYTES + WAITING_LENGTH_MAX, `${grown} bytes more after ${blockCount} blocks`);
}

async function ends({ program }: Scene): Promise<void> {
  program.kill("SIGTERM");
  const { exit, text } = await program.ended;
  assert.is(exit, 0, text);
}

/** The line that says what was dropped, in what a reader has. */
function droppedIn(text: string): { readonly lines: number; readonly bytes: number } {
  const line = text.split("\n").find((line) => line.includes('"event":"linesDropped"'));
  assert.ok(line !== undefined, `nothing is said of dropped lines in ${text.length} bytes`);
  return JSON.parse(line);
}

/** All that a FIFO has for a reader who does not wait. */
function drained(reader: number): string {
  const chunk = Buffer.alloc(65_536);
  let text = "";
  try {
    for (let count = readSync(reader, chunk); count > 0; count = readSync(reader, chunk))
      text += chunk.toString("latin1", 0, count);
  } catch (error) {
    assert.is((error as NodeJS.ErrnoException).code, "EAGAIN");
  }
  return text;
}

function openReader(fifo: string): number {
  return openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** A server that writes to a FIFO, and one who may read it. */
async function piped(): Promise<{ readonly scene: Scene; readonly fifo: string; readonly reader: number }> {
  let [fifo, reader] = ["", -1];
  const scene = await started((directory) => {
    fifo = join(directory, "log");
    assert.is(spawnSync("mkfifo", [fifo]).status, 0);
    reader = openReader(fifo);
    return `SERVE > ${fifo}`;
  });
  return { scene, fifo, reader };
}

test("standard output and standard error on a full disk for ever: serving goes on, and ends as it should", async () => {
  const scene = await started(() => "SERVE > /dev/full 2> /dev/full");
  await serves(scene);
  await ends(scene);
});

test("a pipe whose reader has gone: serving goes on, and the next reader is told what was dropped", async () => {
  const { scene, fifo, reader } = await piped();
  await loadBlocks(scene.port, PATH, BLOCK, 200);
  closeSync(reader);
  await serves(scene);
  const next = openReader(fifo);
  await delay(1_500);
  const { lines, bytes } = droppedIn(drained(next));
  assert.ok(lines > 100 && bytes > 100 * lines, `${lines} lines, ${bytes} bytes`);
  await ends(scene);
  closeSync(next);
});

test("a reader who sleeps: lines wait within a limit, are dropped, counted, and told when the reader wakes", async () => {
  const { scene, reader } = await piped();
  await serves(scene);
  let text = "";
  for (let waited = 0; waited < 4_000; waited += 20) {
    text += drained(reader);
    await delay(20);
  }
  const { lines, bytes } = droppedIn(text);
  assert.ok(lines > 100 && bytes > 100 * lines, `${lines} lines, ${bytes} bytes`);
  await ends(scene);
  closeSync(reader);
});

test("spoofed datagrams of 19 bytes at 1,000 a second: blocks come, and no line is written for them", async () => {
  const directory = scratch();
  const serving = await Serving.start(directory, { images: { "1.0": BLOCK }, flags: ["--coap"] });
  const stranger = createSocket("udp4");
  let sentCount = 0;
  const sending = setInterval(() => {
    // RFC 6347 4.1: a record of each content type, of epoch 0, with six bytes.
    for (let i = 0; i < 10; i++) {
      const header = [20 + (i % 6), 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, i, 0, 6];
      stranger.send(Buffer.from([...header, 1, 0, 0, 0, 0, 0]), serving.coapsPort, "127.0.0.1");
      sentCount++;
    }
  }, 10);
  try {
    await loadBlocks(serving.coapPort, PATH, BLOCK, DURATION_MS);
  } finally {
    clearInterval(sending);
    stranger.close();
  }
  await serving.stop();
  const events = serving.log().map(({ event }) => event);
  assert.ok(sentCount > 100 && events.includes("counters"));
  assert.equal(
    events.filter((event) => !event.startsWith("transfer") && event !== "counters"),
    [],
  );
});

test("a reader who sleeps for ever does not keep a server from its end", async () => {
  const { scene, reader } = await piped();
  await serves(scene);
  await ends(scene);
  closeSync(reader);
});

if (peer("unshare") !== undefined && spawnSync("unshare", ["--mount", "true"]).status === 0) {
  test("a disk that becomes full, and has room again: lines are dropped, counted and told", async () => {
    const scene = await started(
      (directory) => `mkdir ${directory}/disk && exec unshare --mount sh -c '
        mount -t tmpfs -o size=64k full ${directory}/disk && SERVE >> ${directory}/disk/log'`,
    );
    await serves(scene);
    const log = `/proc/${scene.program.pid}/root${scene.directory}/disk/log`;
    assert.ok(existsSync(log));
    truncateSync(log, 0);
    await delay(1_500);
    const { lines, bytes } = droppedIn(readFileSync(log, "latin1"));
    assert.ok(lines > 100 && bytes > 100 * lines, `${lines} lines, ${bytes} bytes`);
    await ends(scene);
  });
} else missing("a disk of its own needs the rights of root");

test.run();
