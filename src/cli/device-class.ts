// `narrowboat class`: what the devices of a class know, so that a release for it is made accordingly.

import type { Argv } from "yargs";
import { toHex } from "../base/bytes.ts";
import { type DeviceClass, PROFILES, type Profile } from "../release-store/class-table.ts";
import { ReleaseStore } from "../release-store/release-store.ts";
import { systemCrypto } from "../shell/system-crypto.ts";
import { readVerificationKey } from "../trust-store/key-file.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "./command.ts";
import { wrongUse } from "./command-error.ts";
import { formatTable } from "./report.ts";

export const set = { options: setOptions, run: setClass };
export const list = { options: listOptions, run: listClasses };

function setOptions(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("name", { type: "string", demandOption: true, describe: "The class: A-Z a-z 0-9 . _ -" })
    .option("product", { ...word, demandOption: true, describe: "The product whose devices are in it" })
    .option("profile", {
      ...word,
      default: "",
      describe: `What they know, with commas: ${PROFILES.join(", ")}`,
      coerce: parseProfile,
    })
    .option("encrypt-to", { ...word, describe: "Public key (P-256, PEM) that their images are encrypted to" })
    .option("json", json)
    .example("$0 class set outdoor --product pump --profile log", "Its devices take nothing that is not in the log");
}

async function setClass(args: ArgumentsOf<typeof setOptions>): Promise<void> {
  const { name, product, profile } = args;
  const encryptTo = args.encryptTo === undefined ? undefined : recipient(args.encryptTo);
  withStore(args.data, ({ classes }) => classes.set({ product, name, profile, encryptTo }));
  if (args.json) return console.log(JSON.stringify(reportOf({ product, name, profile, encryptTo })));
  console.log(`${name} of ${product} is set: ${knows({ profile })}${encryptTo ? ", encrypted" : ""}`);
}

function listOptions(yargs: Argv<GlobalArguments>) {
  return yargs.option("json", json).example("$0 class list", "Every class, and what its devices know");
}

async function listClasses(args: ArgumentsOf<typeof listOptions>): Promise<void> {
  const classes = withStore(args.data, (store) => store.classes.list());
  if (args.json) return console.log(JSON.stringify(classes.map(reportOf)));
  if (classes.length === 0) return console.log("no classes: make one with narrowboat class set");
  const rows = classes.map((one) => [one.product, one.name, knows(one), one.encryptTo ? "encrypted" : "in clear"]);
  console.log(formatTable([["PRODUCT", "CLASS", "KNOWS", "IMAGES"], ...rows]));
}

function reportOf({ product, name, profile, encryptTo }: DeviceClass) {
  return { product, name, profile, encryptTo: encryptTo === undefined ? null : toHex(encryptTo) };
}

function knows({ profile }: Pick<DeviceClass, "profile">): string {
  return profile.length === 0 ? "what every device does" : profile.join(", ");
}

/** What ECDH-ES is done with (RFC 9053 6.3.1): a key on the curve P-256. */
function recipient(file: string): Uint8Array {
  const key = readVerificationKey(file, systemCrypto());
  if (key.algorithm === "es256") return key.spki;
  throw wrongUse(
    `${file} is ${key.algorithm}: images are encrypted to a key on P-256, as keygen --algorithm es256 makes`,
  );
}

function parseProfile(text: string): readonly Profile[] {
  const names = text.split(",").filter((name) => name !== "");
  return names.map((name) => {
    const known = PROFILES.find((one) => one === name);
    if (known !== undefined) return known;
    throw wrongUse(`"${name}" is nothing that a class can know: use ${PROFILES.join(", ")}`);
  });
}

function withStore<Value>(directory: string, work: (store: ReleaseStore) => Value): Value {
  const store = ReleaseStore.open(directory);
  try {
    return work(store);
  } finally {
    store.close();
  }
}
