// `narrowboat release`: from the linker's output to a signed release, served, or in a bundle for another machine.

import { existsSync } from "node:fs";
import type { Argv } from "yargs";
import { FirmwareStore } from "../../../firmware-store/firmware-store.ts";
import { toHex } from "../../base/bytes.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { imageNameFault, imagePath } from "../../firmware/image-name.ts";
import { classNameFault } from "../../manifest/names.ts";
import { NATIVE_MANIFEST_LENGTH_MAX } from "../../manifest/native-manifest.ts";
import { DOCUMENT_LENGTH_MAX } from "../../manifest/release-bundle.ts";
import { RELEASE_KINDS } from "../../manifest/release-record.ts";
import type { ReleaseContent as SuitContent } from "../../manifest/suit/release-envelope.ts";
import type { TrustRoot } from "../../manifest/trust-root.ts";
import { type NewRelease, trustRootIn } from "../../release-store/release.ts";
import { systemCrypto } from "../../shell/system-crypto.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "../command.ts";
import { jobFailed, wrongUse } from "../command-error.ts";
import { bytesOfFile, digest } from "../image-file.ts";
import { writeBundle } from "./bundle-file.ts";
import { type EncryptedImage, encryptedImage } from "./encrypted-image.ts";
import { waitForInclusion } from "./inclusion.ts";
import { type JudgedImage, judgeImage } from "./judged-image.ts";
import { type ReleaseSigner, releaseSigner } from "./release-signer.ts";
import { rootKeys, type Trust, trustFor, trustOf, withReleases } from "./release-stores.ts";
import { formatRelease, releaseReport } from "./report.ts";
import { type ReleaseContent, type ReleasedImage, signRelease } from "./signed-parts.ts";
import { type SuitIds, type SuitTrial, suitIds, trySuit } from "./suit-envelopes.ts";
import { trustRootDue } from "./trust-root-due.ts";
import { conditionOptions, updateConditions } from "./update-conditions.ts";
import { parseDays, parseSequenceNumber, wayBackTo } from "./way-back-image.ts";

export type ReleaseArguments = ArgumentsOf<typeof options>;

export function options(yargs: Argv<GlobalArguments>) {
  return conditionOptions(yargs)
    .version(false)
    .positional("file", { type: "string", demandOption: true, describe: "The image" })
    .option("product", { ...word, demandOption: true, describe: "What the image is for: A-Z a-z 0-9 . _ -" })
    .option("version", { ...word, describe: "Its version, in the same characters; the image's own when absent" })
    .option("key", { ...word, demandOption: true, describe: "The maker's key; its public part with --to-sign" })
    .option("passphrase-file", { ...word, describe: "A file whose first line opens the key" })
    .option("class", { ...word, describe: "The devices that it is for; all of the product's when absent" })
    .option("encrypt", {
      type: "boolean",
      default: false,
      describe: "Encrypt it to the keys of its classes (class set --encrypt-to)",
    })
    .option("vendor", { ...word, describe: "The vendor's domain: makes a SUIT envelope too" })
    .option("server", { ...word, describe: "coaps://HOST[:PORT] before the image's path in a SUIT envelope" })
    .option("kind", { ...word, choices: RELEASE_KINDS, describe: "What it changes" })
    .option("notes", { ...word, describe: "A file with what people should know of it" })
    .option("sbom", { ...word, describe: "A file with its bill of materials" })
    .option("way-back", {
      ...word,
      describe: "A version to which this release's devices may be sent back; sealed until then",
    })
    .option("way-back-days", { ...word, default: "90", describe: "Days for which that holds", coerce: parseDays })
    .option("sequence", {
      ...word,
      describe: "Its sequence number; the next one when absent, and in a bundle the time in seconds",
      coerce: parseSequenceNumber,
    })
    .option("out", { ...word, describe: "Write a bundle, which narrowboat publish takes, in place of publishing" })
    .option("to-sign", { ...word, describe: "Write what is to be signed elsewhere, and do nothing else" })
    .option("signature", { ...word, describe: "The signature of what --to-sign wrote" })
    .option("wait", {
      type: "boolean",
      default: true,
      describe: "Wait until it stands in the registry, a minute at the most; --no-wait does not",
    })
    .option("json", json)
    .example("$0 release build/zephyr.signed.bin --product pump --key maker.pem", "Sign it, and serve it as /m/pump")
    .example(
      "$0 release app.bin --product pump --version 1.2.0 --key maker.pem --out pump.bundle",
      "On the maker's machine",
    );
}

/** What a release is made in: a data directory, or, for a bundle, perhaps none. */
interface Context {
  readonly crypto: CryptoProvider;
  readonly signer: ReleaseSigner;
  /** Undefined where there is no data directory, which a bundle does not need. */
  readonly data: string | undefined;
  readonly trust: Trust;
  readonly now: number;
}

export async function run(args: ReleaseArguments): Promise<void> {
  const { file, product, out } = args;
  const crypto = systemCrypto();
  const signer = releaseSigner(args, crypto);
  const data = out === undefined || existsSync(args.data) ? args.data : undefined;
  const trust = data === undefined ? trustOf([], crypto) : trustFor(data, product, crypto);
  const context: Context = { crypto, signer, data, trust, now: Date.now() };
  if (out === undefined) refuseUntrusted(args, context);
  const bytes = bytesOfFile(file);
  const judged = judge(args, context, bytes);
  const encrypted = encryptedImage(args, data, crypto, bytes);
  const content = contentOf(args, context, bytes, judged, encrypted);
  const release = signRelease(crypto, signer.key, content);
  refuseLong(release);
  if (signer.writeToSign !== undefined) return sayWhatToSign(args, content, signer.writeToSign());
  const served = encrypted?.ciphertext ?? bytes;
  if (out === undefined) publish(args, content, release, served);
  else writeBundle(out, release, served);
  const shown = { format: judged.summary.format, findings: judged.findings };
  const report = releaseReport(content, release, signer.key, shown, out);
  console.log(args.json ? JSON.stringify(report) : formatRelease(report));
  if (out === undefined && args.wait) await waitForInclusion(args.data, release.manifest);
}

/** Devices would take what this server refuses to believe. */
function refuseUntrusted({ product }: ReleaseArguments, { signer, trust }: Context): void {
  const keyId = toHex(signer.key.keyId);
  if (trust.makers.some((maker) => toHex(maker.keyId) === keyId)) return;
  if (trust.revoked.has(keyId)) throw jobFailed(`the key ${keyId} was revoked for ${product}: sign with another one`);
  throw jobFailed(`the key ${keyId} is not trusted for ${product}: narrowboat trust add KEY.pub --product ${product}`);
}

function judge(args: ReleaseArguments, { data, trust }: Context, bytes: Uint8Array): JudgedImage {
  const { file, product, version, class: className } = args;
  if (className !== undefined) {
    const fault = classNameFault(className);
    if (fault !== undefined) throw wrongUse(fault);
  }
  const newest = data && withReleases(data, ({ releases }) => releases.current(product, className));
  const newestCounter = newest ? newest.content.securityCounter : undefined;
  const judged = judgeImage(bytes, { file, product, version, keys: trust.imageKeys, newestCounter });
  const fault = imageNameFault(product, judged.version);
  if (fault !== undefined) throw wrongUse(fault);
  return judged;
}

function contentOf(
  args: ReleaseArguments,
  context: Context,
  bytes: Uint8Array,
  judged: JudgedImage,
  encrypted: EncryptedImage | undefined,
): ReleaseContent {
  const { product, class: className, kind, wayBack, wayBackDays } = args;
  const { data, now } = context;
  const { version, summary } = judged;
  const image: ReleasedImage = {
    version,
    sha256: digest("sha256", bytes),
    size: bytes.length,
    path: imagePath(product, version),
    securityCounter: summary.securityCounter,
    encryption: encrypted?.encryption,
  };
  const sequenceNumber = args.sequence ?? nextSequence(args, context);
  const conditions = updateConditions(args, args, data);
  return {
    product,
    class: className,
    sequenceNumber,
    image,
    kind,
    notes: documentIn(args.notes),
    sbom: documentIn(args.sbom),
    wayBack:
      wayBack === undefined
        ? undefined
        : wayBackTo({ data, product, class: className, version: wayBack, from: image, now }, wayBackDays),
    suit: suitWished(
      args,
      context,
      judged,
      { sequenceNumber, ...image },
      {
        image: bytes,
        served: encrypted?.ciphertext ?? bytes,
        conditions,
        runningVersion: data === undefined ? undefined : newestVersion(data, args),
        now: now / 1_000,
      },
    ),
    conditions,
    trustRoot: args.out === undefined && data !== undefined ? rootDue(args, context, data) : undefined,
    releasedAt: now,
  };
}

function suitWished(
  { product, vendor, server, class: className = product }: ReleaseArguments,
  { crypto }: Context,
  { summary }: JudgedImage,
  content: SuitContent,
  trial: SuitTrial,
): SuitIds | undefined {
  const ids = suitIds({ vendor, server, className, isEncrypted: content.encryption !== undefined }, summary);
  if (ids !== undefined) trySuit(crypto, ids, content, trial);
  else if (trial.conditions !== undefined)
    throw wrongUse("what is asked of devices stands in a SUIT envelope: say --vendor DOMAIN");
  return ids;
}

/** Of what the class's devices run, as numbers. */
function newestVersion(data: string, { product, class: className }: ReleaseArguments): readonly number[] | undefined {
  const newest = withReleases(data, ({ releases }) => releases.current(product, className));
  const [version] = /^\d{1,9}(?:\.\d{1,9}){0,4}/.exec(newest?.content.version ?? "") ?? [];
  return version?.split(".").map(Number);
}

function nextSequence({ product, out, toSign, signature }: ReleaseArguments, { data, now }: Context): number {
  if (out === undefined && data !== undefined) {
    return withReleases(data, ({ releases }) => releases.newestSequence(product)) + 1;
  }
  if (toSign === undefined && signature === undefined) return Math.floor(now / 1_000);
  throw wrongUse("a bundle that is signed in two steps has to be the same in both: say --sequence");
}

function rootDue({ product }: ReleaseArguments, { crypto, now }: Context, data: string): TrustRoot | undefined {
  const newest = withReleases(data, ({ trustRoots }) => trustRoots.newest(product));
  const keys = rootKeys(data, product, crypto);
  return trustRootDue({ product, newest: newest && trustRootIn(newest), keys, now });
}

/** Keys for several classes, long names and a record can be more together than a device reads. */
function refuseLong({ manifest, wayBack }: NewRelease): void {
  const length = Math.max(manifest.length, wayBack?.manifest.length ?? 0);
  if (length <= NATIVE_MANIFEST_LENGTH_MAX) return;
  throw jobFailed(
    `the manifest has ${length} bytes, and devices take ${NATIVE_MANIFEST_LENGTH_MAX}: ` +
      "release for fewer classes at a time with --class, or under shorter names",
  );
}

function documentIn(file: string | undefined): Uint8Array | undefined {
  return file === undefined ? undefined : bytesOfFile(file, DOCUMENT_LENGTH_MAX);
}

/** The image first, as it was judged: a release whose image is not there would be offered in vain. */
function publish(
  { data, file }: ReleaseArguments,
  { product, image, releasedAt }: ReleaseContent,
  release: NewRelease,
  served: Uint8Array,
): void {
  const store = FirmwareStore.open(data);
  try {
    store.publish({ file, bytes: served, product, version: image.version, publishedAt: releasedAt });
  } finally {
    store.close();
  }
  withReleases(data, (releases) => releases.add(release));
}

function sayWhatToSign(
  { json: asJson }: ReleaseArguments,
  { sequenceNumber }: ReleaseContent,
  files: readonly string[],
): void {
  if (asJson) return console.log(JSON.stringify({ sequenceNumber, toSign: files }));
  console.log(
    `${files.join("\n")}\nsign each, and say the same again with --signature and --sequence ${sequenceNumber}`,
  );
}
