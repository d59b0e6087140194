// Request bytes of an nRF Connect SDK client, replayed at a real server while it has something else to do: every block comes
// in its acknowledgement, as such a client needs it. `npm run test:nrf-connect` does it at full size: a first request for an
// image of 1 GiB, 3,000 keys removed at 10,000 sessions, and rates that make each block wait.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Crowd } from "../../bench/load/crowd.ts";
import { connectAll } from "../../bench/load/handshakes.ts";
import { addKeys } from "../../bench/targets/narrowboat-target.ts";
import { KEY as CROWD_KEY, identityText } from "../../bench/targets/target.ts";
import { toUtf8 } from "../../src/base/bytes.ts";
import { largeImageBytes, publishLarge } from "../support/large-image.ts";
import { type NrfConnectPull, type NrfConnectServer, pullAsNrfConnect } from "../support/nrf-connect-client.ts";
import { Program } from "../support/program.ts";
import { type Serving, servedFor } from "../support/serving.ts";

const test = suite("nrf-connect");

const isFull = process.env["NARROWBOAT_FULL_NRF_CONNECT"] === "1";
const SIZES = isFull
  ? { large: 2 ** 30, sessions: 10_000, removed: 3_000, rate: "512", ratedLength: 40_000, pulled: 400_000 }
  : { large: 2 ** 24, sessions: 90, removed: 30, rate: "512", ratedLength: 3_000, pulled: 50_000 };
const SMALL_LENGTH = 100_000;
const IDENTITY = "modem";
const KEY = "0123456789abcdef";
const KEY_REMOVER = join(import.meta.dirname, "../../bench/targets/key-remover.js");
const WINDOW = 32;
const REMOVAL_LIMIT_MS = 120_000;
const LOOK_MS = 100;
const SWEEPER_COUNT = 6;
/** Of a page, in blocks. */
const PAGE_BLOCKS = 64;

const keys = { [IDENTITY]: KEY };
const small = largeImageBytes(0, SMALL_LENGTH);
const flags = ["--coap", "--cache-size", "1M"];
/** The second waits for the scenes with the first. */
const limits = isFull ? { limitMs: 1_500_000 } : {};
const serving = servedFor(test, { images: { small }, keys, flags, ...limits });
const rated = servedFor(test, {
  images: { rated: largeImageBytes(0, SIZES.ratedLength) },
  keys,
  flags: ["--coap", "--rate-per-device", SIZES.rate],
  ...limits,
});

/** With DTLS and without. */
function waysTo({ coapsPort, coapPort }: Serving): readonly NrfConnectServer[] {
  return [{ port: coapsPort, identity: IDENTITY, key: KEY }, { port: coapPort }];
}

/** boat/`version` from `offset` on, which must be what was published. */
async function pull(way: NrfConnectServer, version: string, offset: number, length: number): Promise<NrfConnectPull> {
  const path = `fw/boat/${version}`;
  const pulled = await pullAsNrfConnect(way, { path, seed: offset / 1024 + 1, offset, length });
  assert.is(pulled.bytes.length, length);
  assert.ok(Buffer.from(largeImageBytes(offset, length)).equals(pulled.bytes), `${path} from ${offset} on`);
  return pulled;
}

function report(scene: string, pulls: readonly NrfConnectPull[]): void {
  if (!isFull) return;
  const blocks = pulls.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / 1024), 0);
  const repetitions = pulls.reduce((sum, one) => sum + one.repetitions, 0);
  const longest = Math.max(...pulls.map(({ longestMs }) => longestMs)).toFixed(0);
  console.log(
    `${scene}: ${blocks} blocks came as they must, ${repetitions} asked for again, the slowest in ${longest} ms`,
  );
}

test(`during the first request for an image of ${SIZES.large} bytes every block comes as it must, of this one and another`, async () => {
  const { directory } = serving();
  publishLarge(directory, "large", SIZES.large);
  const last = SIZES.large - 64 * 1024;
  const pulls = waysTo(serving()).flatMap((way) => [
    pull(way, "large", 0, 64 * 1024),
    pull(way, "large", last, 64 * 1024),
    pull(way, "small", 0, SMALL_LENGTH),
  ]);
  report("first request", await Promise.all(pulls));
});

test(`while ${SIZES.removed} keys are removed at ${SIZES.sessions} sessions every block comes as it must`, async () => {
  const { sessions, removed } = SIZES;
  const { directory, coapsPort } = serving();
  await addKeys(directory, sessions);
  const crowd = new Crowd(coapsPort, false);
  try {
    const identity = (device: number) => toUtf8(identityText(device, sessions));
    const credentials = { serverPort: coapsPort, identity, key: toUtf8(CROWD_KEY) };
    await connectAll(crowd, credentials, { first: 0, count: sessions, window: WINDOW }, () => {});
    const remover = new Program(
      process.execPath,
      [KEY_REMOVER, directory, "0", ...[removed, sessions].map(String)],
      REMOVAL_LIMIT_MS,
    );
    remover.endInput();
    let isOver = false;
    const pulls: NrfConnectPull[] = [];
    const pulling = waysTo(serving()).map(async (way) => {
      while (!isOver) pulls.push(await pull(way, "small", 0, SMALL_LENGTH));
    });
    const ended = () =>
      serving()
        .log()
        .filter(({ end }) => end === "keyRemoved").length;
    const until = performance.now() + REMOVAL_LIMIT_MS;
    while (ended() < removed && performance.now() < until) await sleep(LOOK_MS);
    isOver = true;
    await Promise.all(pulling);
    assert.is(ended(), removed);
    report("removed keys", pulls);
  } finally {
    crowd.close();
  }
});

test(`while pages are evicted between one block and the next every block comes as it must`, async () => {
  const { pid, coapPort } = serving();
  const readBefore = bytesRead(pid);
  let isOver = false;
  // Each of them asks for a block of another page each time, so that none stays in memory for long.
  const sweepers = Array.from({ length: SWEEPER_COUNT }, async (_, n) => {
    const pages = SIZES.large / (PAGE_BLOCKS * 1024);
    for (let page = n; !isOver; page = (page + SWEEPER_COUNT) % pages) {
      await pull({ port: coapPort }, "large", page * PAGE_BLOCKS * 1024, 1024);
    }
  });
  const first = 1_024 * 1_024;
  const pulls = await Promise.all(
    waysTo(serving()).map((way) => pull(way, "large", first, 1_024 * Math.floor(SIZES.pulled / 1_024))),
  );
  isOver = true;
  await Promise.all(sweepers);
  report("eviction", pulls);
  const pagesRead = (bytesRead(pid) - readBefore) / (PAGE_BLOCKS * 1_024);
  const pagesPulled = SIZES.pulled / (PAGE_BLOCKS * 1_024);
  assert.ok(pagesRead > 4 * pagesPulled, `${pagesRead} pages were read`);
});

test(`under --rate-per-device ${SIZES.rate} every block comes as it must`, async () => {
  const began = performance.now();
  const pulls = await Promise.all(waysTo(rated()).map((way) => pull(way, "rated", 0, SIZES.ratedLength)));
  const seconds = (performance.now() - began) / 1_000;
  assert.ok(seconds > 3, "nothing had to be waited for");
  report("rate", pulls);
});

/** By the server, from wherever the system has it. */
function bytesRead(pid: number): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "latin1"))![1]);
}

test.run();
