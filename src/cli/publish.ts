// `narrowboat publish`: adds an image, or a bundle with a signed release.

import type { Argv } from "yargs";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import type { TrustRoot } from "../manifest/trust-root.ts";
import { systemCrypto } from "../shell/system-crypto.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "./command.ts";
import { jobFailed, wrongUse } from "./command-error.ts";
import { showProgress } from "./progress.ts";
import { admitBundle } from "./release/bundle-admission.ts";
import { isBundle } from "./release/bundle-file.ts";
import { trustFor } from "./release/release-stores.ts";
import { formatRelease } from "./release/report.ts";
import { admitRoot, claimedRoot } from "./release/root-admission.ts";
import { formatFields, imageReport } from "./report.ts";

/** Smaller files are published before a bar could be read. */
const PROGRESS_LENGTH_MIN = 16 * 1024 * 1024;

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .version(false)
    .positional("file", {
      type: "string",
      demandOption: true,
      describe: "The image, or a bundle of narrowboat release",
    })
    .option("product", { ...word, describe: "What the image is for: A-Z a-z 0-9 . _ -" })
    .option("version", { ...word, describe: "Its version, in the same characters" })
    .option("json", json)
    .example("$0 publish build/app.bin --product pump --version 1.2.0", "Serve it as /fw/pump/1.2.0")
    .example("$0 publish pump.bundle", "Serve what its maker has signed elsewhere");
}

export async function run(args: ArgumentsOf<typeof options>): Promise<void> {
  const { file, product, version } = args;
  if (isBundle(file)) return publishBundle(args);
  const root = claimedRoot(file);
  if (root !== undefined) return publishRoot(args, root);
  if (product === undefined || version === undefined) throw missing({ product, version });
  await publishPlain(args, product, version);
}

/** As the parser says it of what is always required: a bundle needs neither. */
function missing(named: Readonly<Record<string, string | undefined>>): Error {
  const names = Object.keys(named).filter((name) => named[name] === undefined);
  const what = names.length === 1 ? "argument" : "arguments";
  return wrongUse(`Missing required ${what}: ${names.join(", ")}: see narrowboat publish --help`);
}

function publishBundle({ data, file, product, version, json: asJson }: ArgumentsOf<typeof options>): void {
  if (product !== undefined || version !== undefined) {
    throw wrongUse(`${file} is a bundle, and says itself what it is for: leave --product and --version out`);
  }
  const report = admitBundle(data, file, systemCrypto(), Date.now());
  console.log(asJson ? JSON.stringify(report) : formatRelease(report));
}

function publishRoot({ data, file, json: asJson }: ArgumentsOf<typeof options>, root: TrustRoot): void {
  const { product, number } = root;
  admitRoot(data, file, root, systemCrypto(), Date.now());
  console.log(asJson ? JSON.stringify({ product, number }) : `trust root ${number} of ${product} admitted`);
}

async function publishPlain(args: ArgumentsOf<typeof options>, product: string, version: string): Promise<void> {
  const { file } = args;
  refuseUnsigned(args.data, product);
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

/** Where a maker's key was trusted once, nothing comes in without one, revoked or not. */
function refuseUnsigned(data: string, product: string): void {
  const { imageKeys, revoked } = trustFor(data, product, systemCrypto());
  if (imageKeys.length === 0 && revoked.size === 0) return;
  throw jobFailed(`${product} takes only what its maker has signed: say narrowboat release, or publish a bundle of it`);
}
