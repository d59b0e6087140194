// Run as a program: publishes sample images one after another and tells of each on standard output.
//   node publish-series.js DIRECTORY FIRST_VERSION [COUNT]     without COUNT until it is killed

import { writeSync } from "node:fs";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { requestFor, SERIES_LENGTH, sampleBytes } from "./sample-image.ts";

const [directory = "", firstVersion, count = "Infinity"] = process.argv.slice(2);
const store = FirmwareStore.open(directory);
writeSync(1, "ready\n");
for (let i = 0; i < Number(count); i++) {
  const version = Number(firstVersion) + i;
  store.publish(requestFor(directory, String(version), sampleBytes(version, SERIES_LENGTH)));
  writeSync(1, `${version}\n`);
}
store.close();
