// `narrowboat publish`: adds an image, or a bundle with a signed release. What a bundle or a trust root takes is imported when
// there is one: whoever publishes an image by each build does not wait for it.

import type { Argv } from "yargs";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import type { TrustRoot } from "../manifest/trust-root.ts";
import { systemCrypto } from "../shell/system-crypto.ts";
import { TrustStore } from "../trust-store/trust-store.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "./command.ts";
import { jobFailed, wrongUse } from "./command-error.ts";
import { showProgress } from "./progress.ts";
import { isBundle } from "./release/bundle-file.ts";
import { claimedRoot } from "./release/claimed-root.ts";
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

async function publishBundle(args: ArgumentsOf<typeof options>): Promise<void> {
  const { data, file, product, version } = args;
  if (product !== undefined || version !== undefined) {
    throw wrongUse(`${file} is a bundle, and says itself what it is for: leave --product and --version out`);
  }
  const { admitBundle } = await import("./release/bundle-admission.ts");
  const { formatRelease } = await import("./release/report.ts");
  const report = admitBundle(data, file, systemCrypto(), Date.now());
  console.log(args.json ? JSON.stringify(report) : formatRelease(report));
}

async function publishRoot(args: ArgumentsOf<typeof options>, root: TrustRoot): Promise<void> {
  const { data, file, json: asJson } = args;
  const { product, number } = root;
  const { admitRoot } = await import("./release/root-admission.ts");
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
  const trust = TrustStore.open(data);
  try {
    if (trust.keysFor("maker", product).length === 0) return;
  } finally {
    trust.close();
  }
  throw jobFailed(`${product} takes only what its maker has signed: say narrowboat release, or publish a bundle of it`);
}
