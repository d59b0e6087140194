// npm run bench: our server beside libcoap's, in turn (A B A B …) on the same machine in the same minutes. Absolute times
// are this machine's; the ratio is what to look at.

import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { cipherSuiteNamed } from "../src/dtls/cipher-suite.ts";
import { commandOnPath } from "../src/shell/command-path.ts";
import { type BlockCost, blockCost, type Load } from "./block-cost.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { startLibcoap, startNarrowboat, type Target } from "./target.ts";

const IMAGE_LENGTH = 128 * 1024;

interface Row {
  readonly load: string;
  readonly server: string;
  readonly cpuMicrosecondsPerBlock: Spread;
  readonly blocksPerSecond: Spread;
  /** Of the medians, ours to theirs; 1 for the server that is compared with. */
  readonly cpuRatio: number;
}

const options = await yargs(hideBin(process.argv))
  .usage("npm run bench -- [options]")
  .option("runs", { type: "number", default: 5, describe: "alternations" })
  .option("seconds", { type: "number", default: 3, describe: "measured time of one run" })
  .option("clients", { type: "number", default: 64, describe: "devices at once" })
  .option("json", { type: "string", describe: "file for the results" })
  .strict()
  .parse();

const image = new Uint8Array(randomBytes(IMAGE_LENGTH));
const narrowboat = await startNarrowboat(image);
const server = commandOnPath("coap-server-openssl");
const client = commandOnPath("coap-client-notls");
if (server === undefined || client === undefined)
  console.log("skipped: libcoap not installed (apt install libcoap3-bin)");
const libcoap = server && client ? await startLibcoap(server, client, image) : undefined;
const common = { clients: options.clients, blockSize: 1024, warmUpMs: 1000, measureMs: 1000 * options.seconds };
const loads: readonly (Load & { readonly name: string })[] = [
  { ...common, name: "plain", suite: undefined },
  { ...common, name: "DTLS CCM_8", suite: cipherSuiteNamed("TLS_PSK_WITH_AES_128_CCM_8") },
];
const rows: Row[] = [];
try {
  for (const load of loads) rows.push(...(await compare(load, [narrowboat, ...(libcoap ? [libcoap] : [])])));
} finally {
  await narrowboat.stop();
  await libcoap?.stop();
}
printTable(rows);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ ...machine(), rows }, null, 2)}\n`);

async function compare(load: Load & { readonly name: string }, targets: readonly Target[]): Promise<Row[]> {
  const costs = new Map<Target, BlockCost[]>(targets.map((target) => [target, []]));
  for (let run = 0; run < options.runs; run++) {
    for (const target of targets) costs.get(target)!.push(await blockCost(target, load, image));
    process.stderr.write(`\r${load.name}: run ${run + 1} of ${options.runs} `);
  }
  process.stderr.write("\n");
  const medianOf = (target: Target) => spreadOf(costs.get(target)!.map((cost) => cost.cpuMicrosecondsPerBlock));
  const reference = medianOf(targets.at(-1)!).median;
  return targets.map((target) => ({
    load: `${load.name}, ${load.blockSize}-byte blocks, ${load.clients} clients`,
    server: target.name,
    cpuMicrosecondsPerBlock: medianOf(target),
    blocksPerSecond: spreadOf(costs.get(target)!.map((cost) => cost.blocksPerSecond)),
    cpuRatio: medianOf(target).median / reference,
  }));
}

function printTable(rows: readonly Row[]): void {
  const { node, processor } = machine();
  console.log(`Node.js ${node}, ${processor}; medians of ${options.runs} alternations, spread in brackets\n`);
  console.log("| load | server | CPU µs per block | blocks per second | CPU ratio |");
  console.log("| --- | --- | --- | --- | --- |");
  for (const { load, server, cpuMicrosecondsPerBlock: cpu, blocksPerSecond: rate, cpuRatio } of rows) {
    const cpuText = `${cpu.median.toFixed(1)} [${cpu.min.toFixed(1)} to ${cpu.max.toFixed(1)}]`;
    console.log(`| ${load} | ${server} | ${cpuText} | ${Math.round(rate.median)} | ${cpuRatio.toFixed(2)} |`);
  }
}

function machine(): { readonly node: string; readonly processor: string } {
  return { node: process.versions.node, processor: `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}` };
}
