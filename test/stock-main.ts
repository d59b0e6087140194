// `npm run test:stock`: stock clients through `narrowboat link`, 20 at once on each link, beside what `tune` says of them.
// PROFILES and CLIENTS (between commas) in the environment choose some of them.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ComparedClient, mbedTlsClient, stockLibcoap } from "./support/compared-clients.ts";
import { compareOnLinks } from "./support/link-comparison.ts";

const IMAGE_LENGTH = 4096;

/** On LTE-M a computer works for a few hundredths of the time, which is all that an interval has there. */
const LINKS = [
  { profile: "nb-iot-ce1", limitMs: 600_000 },
  { profile: "nb-iot-ce2", limitMs: 1_200_000 },
  { profile: "nb-ntn-geo", limitMs: 600_000 },
  { profile: "lte-m", slowness: 50, limitMs: 1_200_000 },
];

const directory = mkdtempSync(join(tmpdir(), "narrowboat-stock-"));
const known: readonly (ComparedClient | undefined)[] = [stockLibcoap(), await mbedTlsClient(directory)];
const names = process.env["CLIENTS"]?.split(",");
const profiles = process.env["PROFILES"]?.split(",");
const clients = known.filter((client) => client !== undefined && (names?.includes(client.name) ?? true));
const links = LINKS.filter(({ profile }) => profiles?.includes(profile) ?? true);
await compareOnLinks(
  (clients as ComparedClient[]).flatMap((client) =>
    links.map((link) => ({ client, imageLength: IMAGE_LENGTH, seeds: [1], ...link })),
  ),
);
rmSync(directory, { recursive: true });
