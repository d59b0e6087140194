// npm run bench:check-ins: a server with a million devices in its fleet: what a check-in costs beside a PSK handshake, what 300 a
// second leave of the blocks, how long a list and the opening of a phase take, and how much memory the server has. Processor time
// is what neighbours do not change; the clock's times stand beside it.

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { FleetStore } from "../src/fleet-store/fleet-store.ts";
import { StoredFleet } from "../src/fleet-store/stored-fleet.ts";
import { systemCrypto } from "../src/shell/system-crypto.ts";
import { systemNativeParts } from "../src/shell/system-native-parts.ts";
import { BLOCKS_PER_SECOND, costWhileRunning } from "./block-cost.ts";
import { cpuMicroseconds } from "./cpu-time.ts";
import { CheckIns } from "./load/check-ins.ts";
import { Crowd } from "./load/crowd.ts";
import { DeviceCrowd } from "./load/device-crowd.ts";
import { CPU_PER_HANDSHAKE, HandshakeFlow } from "./load/handshake-flow.ts";
import { LatencyRecord } from "./load/latency-record.ts";
import { residentBytes } from "./resident-memory.ts";
import { Resources } from "./resources.ts";
import { addKeys, PRODUCT, publish, serve } from "./targets/narrowboat-target.ts";
import { identityText, type Target } from "./targets/target.ts";

const options = await yargs(hideBin(process.argv))
  .usage("npm run bench:check-ins -- [options]")
  .option("devices", { type: "number", default: 1_000_000, describe: "in the fleet" })
  .option("seconds", { type: "number", default: 60, describe: "of check-ins beside blocks" })
  .option("rate", { type: "number", default: 300, describe: "check-ins a second" })
  .strict()
  .parse();

const SESSIONS = 1_000;
const BLOCK_CLIENTS = 64;
const SLICE_MS = 3_000;
const SETTLE_MS = 4_000;
const ROWS_AT_ONCE = 10_000;
const LISTS = 20;
const IMAGE_LENGTH = 128 * 1024;

const crypto = systemCrypto();
const native = typeof systemNativeParts() === "object";
const resources = new Resources();

function say(what: string, figures: string): void {
  console.log(`${what.padEnd(52)} ${figures}`);
}

/** Devices as they are after some check-ins, a tenth of them in a version of their own. */
async function fillFleet(data: string): Promise<void> {
  const store = await FleetStore.open(data, crypto, { decided: () => {} });
  const now = Date.now();
  for (let from = 0; from < options.devices; from += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, options.devices - from);
    const rows = Array.from({ length: count }, (_, i) => storedDevice(from + i, now));
    await store.transact(now, async (batch) => {
      await store.devices.write(rows);
      batch.becomeUrgent();
    });
  }
  await store.close();
}

function storedDevice(number: number, now: number): Parameters<FleetStore["devices"]["write"]>[0][number] {
  const device = {
    id: identityText(number, options.devices),
    pseudonym: number.toString(16).padStart(32, "0"),
    product: PRODUCT,
    class: undefined,
    attributes: { site: `site-${number % 1_000}` },
    running: { sequenceNumber: 1, version: `1.${number % 10}`, sha256: "00".repeat(32), slot: 0 },
    firstContactAt: now,
    lastContactAt: now - (number % 86_400_000),
    scheme: "coaps",
    cell: `cell-${number % 5_000}`,
    radioLevel: 0,
    uptimeSeconds: 1_000,
    boots: 1,
    link: undefined,
    transfer: undefined,
    report: undefined,
    consent: undefined,
    isOptedOut: false,
    postponedUntil: undefined,
    assignment: undefined,
    past: [],
  };
  return { device, secret: new Uint8Array(randomBytes(32)) };
}

async function checkInCost(target: Target): Promise<number> {
  const checkIns = await CheckIns.connect(target, native, SESSIONS);
  try {
    await checkIns.at(options.rate, SLICE_MS);
    const [before, answered] = [cpuMicroseconds(target.pid), checkIns.answered];
    await checkIns.at(options.rate, SLICE_MS);
    return (cpuMicroseconds(target.pid) - before) / (checkIns.answered - answered);
  } finally {
    checkIns.close();
  }
}

async function handshakeCost(target: Target): Promise<number> {
  const crowd = new Crowd(target.coapsPort!, native);
  try {
    const flow = new HandshakeFlow(crowd, target);
    await flow.cost(SLICE_MS);
    return (await flow.cost(SLICE_MS))[CPU_PER_HANDSHAKE]!;
  } finally {
    crowd.close();
  }
}

async function besideBlocks(target: Target, image: Uint8Array, data: string): Promise<void> {
  const blocks = await DeviceCrowd.open(target, {
    protocol: "dtls",
    clients: BLOCK_CLIENTS,
    blockSize: 1_024,
    image,
    native,
  });
  const checkIns = await CheckIns.connect(target, native, SESSIONS);
  const measured = async (ms: number) => {
    const latencies = new LatencyRecord();
    blocks.loop.latencies = latencies;
    const rate = (await costWhileRunning(target.pid, blocks.loop, ms))[BLOCKS_PER_SECOND]!;
    return { rate, p99: latencies.percentile(0.99) };
  };
  try {
    await blocks.loop.start();
    await sleep(1_000);
    const alone = await measured(5 * SLICE_MS);
    const load = checkIns.at(options.rate, 1_000 * options.seconds);
    const beside = await measured(1_000 * options.seconds);
    await load;
    const { answered, asked } = checkIns;
    say(
      `${options.rate} check-ins a second for ${options.seconds} s`,
      `${answered} of ${asked} answered, p99 ${checkIns.latencies.percentile(0.99).toFixed(0)} ms`,
    );
    say(
      "blocks a second alone, and beside them",
      `${alone.rate.toFixed(0)}, ${beside.rate.toFixed(0)} (${((100 * beside.rate) / alone.rate).toFixed(0)} %)`,
    );
    await lists(data, measured, alone.p99);
    await blocks.loop.stop();
  } finally {
    checkIns.close();
    blocks.close();
  }
}

async function lists(
  data: string,
  measured: (ms: number) => Promise<{ readonly p99: number }>,
  aloneP99: number,
): Promise<void> {
  const fleet = await StoredFleet.open(data, crypto, Date.now);
  const filters = ['version = "1.3"', "cell = cell-77 and silent < 2d", 'version = "1.3" and not tag.site = site-3'];
  const times: number[] = [];
  const beside = measured(SLICE_MS);
  for (let i = 0; i < LISTS; i++) {
    const began = performance.now();
    const page = await fleet.devices({ where: filters[i % filters.length]!, limit: 100 });
    if (!page.ok) throw new Error(page.error.reason);
    times.push(performance.now() - began);
    await sleep(SLICE_MS / LISTS / 2);
  }
  const { p99 } = await beside;
  times.sort((a, b) => a - b);
  say(
    "a list with a filter, beside blocks",
    `median ${times[LISTS / 2]!.toFixed(0)} ms, longest ${times.at(-1)!.toFixed(0)} ms`,
  );
  say("p99 of a block alone, and beside lists", `${aloneP99.toFixed(2)} ms, ${p99.toFixed(2)} ms`);
  await fleet.close();
}

const data = resources.directory("check-ins");
try {
  const image = new Uint8Array(randomBytes(IMAGE_LENGTH));
  publish(data, [{ product: PRODUCT, image }]);
  await addKeys(data, SESSIONS * 20);
  const began = performance.now();
  await fillFleet(data);
  say(`${options.devices} devices`, `written in ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  const input = { node: process.execPath, native, data, product: PRODUCT, identityCount: SESSIONS * 20 };
  const target = await serve(resources, input);
  await sleep(SETTLE_MS);
  say("memory of the server without sessions", `${(residentBytes(target.pid) / 1e6).toFixed(0)} MB`);
  const [handshake, checkIn] = [await handshakeCost(target), await checkInCost(target)];
  say(
    "processor time of a PSK handshake, and of a check-in",
    `${handshake.toFixed(0)} µs, ${checkIn.toFixed(0)} µs (${(checkIn / handshake).toFixed(1)} times)`,
  );
  await besideBlocks(target, image, data);
  await target.stop();
} finally {
  resources.release();
}
