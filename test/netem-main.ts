// `npm run test:netem`: real clients through the netem of a Linux of its own, one after the other, beside what `tune` says of
// the same links. With --short three of each, as CI has it; else as many as `tune` has its interval for.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REAL_UPDATES } from "../sim/tune/tune-row.ts";
import { toHex, toUtf8 } from "../src/base/bytes.ts";
import { sampleBytes } from "./firmware-store/sample-image.ts";
import { BLOCKS, NETEM_ROWS } from "./netem/netem-row.ts";
import { coapClientBuilds, IDENTITY, KEY } from "./support/coap-client-program.ts";
import { fillStores, NARROWBOAT } from "./support/serving.ts";
import { comparisonOf, comparisonTable, type Measurement, USUAL, WHOLE_RANGE } from "./support/tune-comparison.ts";
import { houseRoot } from "./tidy/house.ts";
import { type VirtualLinux, virtualLinux } from "./virtual-linux/virtual-linux.ts";

const SHORT_COUNT = 3;
const SIMULATED_RUNS = 200;
/** Of real time; the short form takes half a minute of a processor. */
const LIMIT_MS = { short: 600_000, long: 3_600_000 };

const isShort = process.argv.includes("--short");
const directory = mkdtempSync(join(tmpdir(), "narrowboat-netem-"));
try {
  const linux = await virtualLinux(directory);
  if (linux === undefined || coapClientBuilds().length < 3) throw new Error("needs the programs that are named above");
  const results = await netemResults(linux, isShort ? SHORT_COUNT : REAL_UPDATES);
  const expectation = isShort ? WHOLE_RANGE : USUAL;
  const comparisons = NETEM_ROWS.map(({ client, profile, blockSize }, i) => {
    const kind = client === "narrowboat" ? ({ dialect: "own" } as const) : ({ dialect: "libcoap", blockSize } as const);
    const update = { ...kind, profile, imageLength: blockSize * BLOCKS };
    return comparisonOf(client, update, results[i]!, expectation, SIMULATED_RUNS);
  });
  const misses = comparisons.filter(({ endsAgree, timesAgree }) => !(endsAgree && timesAgree)).length;
  console.log(
    `${comparisonTable(comparisons, expectation, "NETEM")}\n\n${misses} of ${NETEM_ROWS.length} rows outside`,
  );
  if (misses > 0) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true });
}

async function netemResults(linux: VirtualLinux, count: number): Promise<readonly Measurement[]> {
  const stores = join(directory, "data");
  const blockSizes = NETEM_ROWS.map(({ blockSize }) => blockSize);
  const images = Object.fromEntries(blockSizes.map((size) => [`b${size}`, sampleBytes(size, size * BLOCKS)]));
  fillStores(stores, { images, keys: { [IDENTITY]: KEY } });
  const lines = NETEM_ROWS.map(({ client, blockSize, netem }, i) => `${i} ${count} ${client} ${blockSize} ${netem}\n`);
  // What comes to a stand on the way is lost: where a row takes long it has a Linux of its own.
  const turns = isShort ? [lines.join("")] : lines;
  let said = "";
  for (const rows of turns) said += await saidOf(linux, stores, rows);
  const taken = [...said.matchAll(/^took (\d+) (\d+) (whole|broken)$/gm)];
  if (taken.length !== count * NETEM_ROWS.length) throw new Error(`only ${taken.length} clients ended:\n${said}`);
  return NETEM_ROWS.map((_, i) => {
    const whole = taken.filter(([, row, , state]) => Number(row) === i && state === "whole");
    return { count, seconds: whole.map(([, , microseconds]) => Number(microseconds) / 1e6) };
  });
}

/** What the clients of some rows come to, in clients.sh's words. */
async function saidOf(linux: VirtualLinux, stores: string, rows: string): Promise<string> {
  const file = join(directory, "rows");
  writeFileSync(file, rows);
  const keys = { IDENTITY, KEY, KEY_HEX: toHex(toUtf8(KEY)) };
  const variables = { DATA: stores, ROWS: file, NODE: process.execPath, NARROWBOAT, ...keys };
  const words = Object.entries(variables).map(([variable, value]) => `${variable}=${value}`);
  const { exit, stdout, text } = await linux(
    ["env", ...words, "bash", join(houseRoot(), "test/netem/clients.sh")],
    isShort ? LIMIT_MS.short : LIMIT_MS.long,
  );
  if (exit !== 0) throw new Error(`the clients' script ended with ${exit}:\n${text}`);
  if (!isShort) console.error(rows.trim());
  return stdout.toString();
}
