// `npm run test:stock`: stock clients through `narrowboat link`, 20 at once on each link, beside what `tune` says of them.
// PROFILES and CLIENTS (between commas) in the environment choose some of them.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { comparedOnLinks, mbedTlsClient, type StockClient, stockLibcoap } from "./support/stock-comparison.ts";

const PROFILES = "nb-iot-ce1,nb-iot-ce2,nb-ntn-geo,lte-m";

const SIMULATED_RUNS = 200;

const directory = mkdtempSync(join(tmpdir(), "narrowboat-stock-"));
const known: readonly (StockClient | undefined)[] = [stockLibcoap(), await mbedTlsClient(directory)];
const wanted = process.env["CLIENTS"]?.split(",");
const clients = known.filter((client) => client !== undefined && (wanted?.includes(client.name) ?? true));
const profiles = (process.env["PROFILES"] ?? PROFILES).split(",");
const outside: string[] = [];
for (const client of clients as StockClient[]) {
  for await (const comparison of comparedOnLinks({
    client,
    profiles,
    simulatedRuns: SIMULATED_RUNS,
    directory,
    seed: 1,
  })) {
    console.log(comparison.text);
    if (!(comparison.shareHolds && comparison.timeHolds)) outside.push(comparison.text);
  }
}
rmSync(directory, { recursive: true });
if (outside.length > 0) {
  console.error(`${outside.length} outside of what tune says`);
  process.exitCode = 1;
}
