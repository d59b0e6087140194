// npm run bench:fleet: how long it takes to simulate a fleet that updates at once from one server, and the memory that it takes.

import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { profileNamed } from "../sim/profiles/profiles.ts";
import { Simulation } from "../sim/simulation.ts";
import { addMs, instant } from "../src/base/instant.ts";
import { dialectNamed } from "../src/device/dialect.ts";
import { systemCrypto } from "../src/shell/system-crypto.ts";

const REPORT_EVERY_MS = 10_000;
/** Virtual time; by then a device has ended or never will. */
const DAY = instant(86_400_000);
const START = instant(0);

const options = await yargs(hideBin(process.argv))
  .usage("npm run bench:fleet -- [options]")
  .option("devices", { type: "number", default: 10_000, describe: "that update at once" })
  .option("profile", { type: "string", default: "nb-iot-ce1", describe: "the link of each" })
  .option("size", { type: "number", default: 102_400, describe: "of the image, bytes" })
  .option("seed", { type: "number", default: 1, describe: "repeats a run" })
  .strict()
  .parse();

const { devices: deviceCount, size: imageLength, seed } = options;
const began = performance.now();
const simulation = new Simulation({
  seed,
  crypto: systemCrypto(),
  profile: profileNamed(options.profile),
  dialect: dialectNamed("own"),
  imageLength,
  deviceCount,
});
runWithProgress(simulation);
const complete = simulation.devices.filter(({ outcome }) => outcome?.kind === "done").length;
console.log(
  [
    `Node.js ${process.versions.node}, seed ${seed}`,
    `${complete} of ${deviceCount} devices on ${options.profile} have their ${imageLength} bytes`,
    `virtual time ${(simulation.now / 1000).toFixed(0)} s, real time ${((performance.now() - began) / 1000).toFixed(0)} s`,
    `memory peak ${(process.resourceUsage().maxRSS / 1024 / 1024).toFixed(2)} GiB`,
  ].join("\n"),
);
if (complete < deviceCount) process.exitCode = 1;

function runWithProgress(fleet: Simulation): void {
  for (let until = START; until < DAY; ) {
    until = addMs(until, REPORT_EVERY_MS);
    const done = fleet.run(until);
    if (process.stderr.isTTY) process.stderr.write(`\r${(until / 1000).toFixed(0)} s of virtual time`);
    if (done) break;
  }
  if (process.stderr.isTTY) process.stderr.write("\n");
}
