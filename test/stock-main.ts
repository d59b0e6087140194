// `npm run test:stock`: stock clients through `narrowboat link`, 20 at once on each link, beside what `tune` says of them.
// PROFILES and CLIENTS (between commas) in the environment choose some of them.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { comparedOnLinks, mbedTlsClient, type StockClient, stockLibcoap } from "./support/stock-comparison.ts";

const PROFILES = "nb-iot-ce1,nb-iot-ce2,nb-ntn-geo,lte-m";
const RUNS = 20;

const directory = mkdtempSync(join(tmpdir(), "narrowboat-stock-"));
const known: readonly (StockClient | undefined)[] = [stockLibcoap(), await mbedTlsClient(directory)];
const wanted = process.env["CLIENTS"]?.split(",");
const clients = known.filter((client) => client !== undefined && (wanted?.includes(client.name) ?? true));
const profiles = (process.env["PROFILES"] ?? PROFILES).split(",");
let outside = 0;
for (const client of clients as StockClient[]) {
  for await (const comparison of comparedOnLinks({ client, profiles, runs: RUNS, directory, seed: 1 })) {
    console.log(comparison.text);
    if (!comparison.holds) outside++;
  }
}
rmSync(directory, { recursive: true });
if (outside > 0) {
  console.error(`${outside} outside of what tune says`);
  process.exitCode = 1;
}
