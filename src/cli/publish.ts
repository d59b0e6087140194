// `narrowboat publish`: adds an image.

import type { Argv } from "yargs";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "./command.ts";
import { showProgress } from "./progress.ts";
import { formatFields, imageReport } from "./report.ts";

/** Smaller files are published before a bar could be read. */
const PROGRESS_LENGTH_MIN = 16 * 1024 * 1024;

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .version(false)
    .positional("file", { type: "string", demandOption: true, describe: "The image" })
    .option("product", { ...word, demandOption: true, describe: "What the image is for: A-Z a-z 0-9 . _ -" })
    .option("version", { ...word, demandOption: true, describe: "Its version, in the same characters" })
    .option("json", json)
    .example("$0 publish build/app.bin --product pump --version 1.2.0", "Serve it as /fw/pump/1.2.0");
}

export async function run(args: ArgumentsOf<typeof options>): Promise<void> {
  const { file, product, version } = args;
  const store = FirmwareStore.open(args.data);
  const progress = await showProgress("publishing", PROGRESS_LENGTH_MIN);
  try {
    const request = { file, product, version, publishedAt: Date.now(), onProgress: progress.update };
    const { created, image } = store.publish(request);
    progress.stop();
    const report = imageReport(image);
    if (args.json) return console.log(JSON.stringify({ ...report, created }));
    const { path, size, sha256, etag } = report;
    console.log(formatFields({ path, size: `${size} bytes`, sha256, etag }));
    if (!created) console.log("these bytes were published under this name before: nothing changed");
  } finally {
    progress.stop();
    store.close();
  }
}
