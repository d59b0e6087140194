// Run as a program: publishes one sample image after another until it is killed, and says so on standard output.
//   node publish-forever.js DIRECTORY FIRST_VERSION

import { writeSync } from "node:fs";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { FOREVER_LENGTH, requestFor, sampleBytes } from "./sample-image.ts";

const [directory = "", firstVersion] = process.argv.slice(2);
const store = FirmwareStore.open(directory);
writeSync(1, "ready\n");
for (let version = Number(firstVersion); ; version++) {
  store.publish(requestFor(directory, String(version), sampleBytes(version, FOREVER_LENGTH)));
  writeSync(1, `${version}\n`);
}
