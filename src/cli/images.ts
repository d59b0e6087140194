// `narrowboat images`: lists what is published.

import type { Argv } from "yargs";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { type ArgumentsOf, type GlobalArguments, json } from "./command.ts";
import { formatTable, imageReport } from "./report.ts";

export function options(yargs: Argv<GlobalArguments>) {
  return yargs.option("json", json).example("$0 images --json", "All that is known of each image");
}

export async function run(args: ArgumentsOf<typeof options>): Promise<void> {
  const store = FirmwareStore.open(args.data);
  const reports = store.list().map(imageReport);
  store.close();
  if (args.json) return console.log(JSON.stringify(reports));
  if (reports.length === 0) return console.log("no images: add one with narrowboat publish");
  const rows = reports.map(({ path, size, etag, publishedAt }) => [path, String(size), etag, publishedAt]);
  console.log(formatTable([["PATH", "BYTES", "ETAG", "PUBLISHED"], ...rows]));
}
