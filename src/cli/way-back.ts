// `narrowboat way-back`: everybody who runs a version goes back to the one before, by a manifest that its maker signed beside it.

import type { Argv } from "yargs";
import { ReleaseStore } from "../release-store/release-store.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "./command.ts";

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("product", { type: "string", demandOption: true, describe: "The product" })
    .option("from", { ...word, demandOption: true, describe: "The version that nobody shall run any more" })
    .option("json", json)
    .example(
      "$0 way-back pump --from 1.3.0",
      "Devices on 1.3.0 go back when they next check in; no maker's key is needed",
    );
}

export async function run(args: ArgumentsOf<typeof options>): Promise<void> {
  const { product, from } = args;
  const store = ReleaseStore.open(args.data);
  try {
    const { version, offeredCount, withdrawnCount } = store.offerWayBack(product, from, Date.now());
    const changed = offeredCount + withdrawnCount > 0;
    if (args.json) return console.log(JSON.stringify({ product, from, to: version, changed }));
    if (!changed) return console.log(`${product} ${from} was left for ${version} before: nothing changed`);
    console.log(
      `${product} ${from} is offered no longer; whoever runs it goes back to ${version} at the next check-in`,
    );
  } finally {
    store.close();
  }
}
