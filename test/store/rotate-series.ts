// Run as a program: rotates the master key again and again until it is killed, and tells of each on standard output.
//   node rotate-series.js DIRECTORY

import { writeSync } from "node:fs";
import { rotateMasterKey } from "../../src/store/master-key-rotation.ts";

const [directory = ""] = process.argv.slice(2);
writeSync(1, "ready\n");
for (;;) writeSync(1, `${rotateMasterKey(directory).after}\n`);
