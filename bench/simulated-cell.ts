// npm run bench:cell: what it takes to find the best number of devices at a time, for each device of all campaigns that are run
// for it, beside what a device of a fleet takes (npm run bench:fleet) that updates at once, each on a channel of its own.

import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import type { LinkProfile } from "../sim/profiles/profile.ts";
import { Simulation } from "../sim/simulation.ts";
import { combinationsFor } from "../sim/tune/tune.ts";
import { instant } from "../src/base/instant.ts";
import { parseDuration } from "../src/cli/arguments.ts";
import { parseProfiles } from "../src/cli/tune/arguments.ts";
import { campaignRunCount, longestTimers, simulatedCells } from "../src/cli/tune/cell.ts";
import { formatCellTable } from "../src/cli/tune/cell-table.ts";
import { dialectNamed } from "../src/device/dialect.ts";
import { systemCrypto } from "../src/shell/system-crypto.ts";

/** Virtual time; by then a device has ended or never will. */
const YEAR = instant(366 * 86_400_000);

const options = await yargs(hideBin(process.argv))
  .usage("npm run bench:cell -- [options]")
  .option("profile", { type: "string", default: "lorawan-eu868-dr5-c,nb-iot-ce1", describe: "links, between commas" })
  .option("devices", { type: "number", default: 500, describe: "of each cell" })
  .option("spread", { type: "string", default: "1h", describe: "over which they come" })
  .option("fleet", { type: "number", default: 1_000, describe: "devices of the fleet beside it" })
  .option("size", { type: "number", default: 102_400, describe: "of the image, bytes" })
  .option("seed", { type: "number", default: 1, describe: "repeats a run" })
  .strict()
  .parse();

const { devices, seed, size: imageLength } = options;
for (const profile of parseProfiles(options.profile)) {
  // Before and after, for a computer has not the same speed all the time.
  const before = fleetMs(profile);
  await benchCell(profile);
  const after = fleetMs(profile);
  console.log(`a device of a fleet of ${options.fleet}: ${before.toFixed(1)} ms before, ${after.toFixed(1)} ms after`);
}

async function benchCell(profile: LinkProfile): Promise<void> {
  const lists = { blockSizes: [], ackTimeoutsSeconds: [], windows: [] };
  const combinations = combinationsFor({ profiles: [profile], imageLength, dialect: "own", ...lists });
  const cell = { deviceCount: devices, spreadSeconds: parseDuration(options.spread) };
  const began = process.cpuUsage();
  const rows = await simulatedCells({
    cell,
    combinations: longestTimers(combinations),
    runs: campaignRunCount(cell),
    seed,
    seedIsDrawn: false,
  });
  const ms = millisecondsSince(began);
  const campaigns = rows.reduce((sum, { runs }) => sum + runs, 0);
  console.log(formatCellTable(rows));
  console.log(
    `${campaigns} campaigns of ${devices} devices, ${(ms / 1000).toFixed(0)} s of processor time: ` +
      `${(ms / campaigns / devices).toFixed(1)} ms a device, ${(ms / devices).toFixed(0)} ms for each of the cell's`,
  );
}

/** A device, as `npm run bench:fleet` simulates it. */
function fleetMs(profile: LinkProfile): number {
  const began = process.cpuUsage();
  const crypto = systemCrypto();
  const dialect = dialectNamed("own");
  new Simulation({ seed, crypto, profile, dialect, imageLength, deviceCount: options.fleet }).run(YEAR);
  return millisecondsSince(began) / options.fleet;
}

/** Of all threads. */
function millisecondsSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}
