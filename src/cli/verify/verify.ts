// `narrowboat verify`: what can be proved about a bundle, an image, a manifest or what a server has, with public keys alone.

import type { Argv } from "yargs";
import { type CoapUri, parseCoapUri } from "../../coap/coap-uri.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { decodeSign1 } from "../../manifest/cose-sign1.ts";
import { open, SIGNED_MANIFEST } from "../../manifest/signed-object.ts";
import { systemCrypto } from "../../shell/system-crypto.ts";
import { imageKeyOf } from "../../trust-store/image-key.ts";
import { readTrustedKey } from "../../trust-store/trusted-key.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "../command.ts";
import { CommandError, jobFailed, wrongUse } from "../command-error.ts";
import { bytesOfFile } from "../image-file.ts";
import { isBundle, readBundle, releaseIn } from "../release/bundle-file.ts";
import { formatTable } from "../report.ts";
import { fetched } from "./fetching.ts";
import { type Finding, wrong } from "./finding.ts";
import { imageFindings } from "./image-findings.ts";
import { releaseFindings } from "./release-findings.ts";
import type { Verifier } from "./verifier.ts";

type VerifyArguments = ArgumentsOf<typeof options>;

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("what", {
      type: "string",
      demandOption: true,
      describe: "A bundle, an image, a manifest, or a coaps:// URI",
    })
    .option("trust", {
      type: "string",
      array: true,
      requiresArg: true,
      demandOption: true,
      describe: "Public keys of the maker; nobody else is believed",
    })
    .option("identity", { ...word, describe: "PSK identity, for coaps://" })
    .option("key", { ...word, describe: "Its key in hex digits; NARROWBOAT_KEY keeps it out of the process list" })
    .option("json", json)
    .example("$0 verify pump.bundle --trust maker.pem.pub", "All that can be proved about it, without a server")
    .example(
      "$0 verify coaps://127.0.0.1/m/pump --trust maker.pem.pub --identity meter-7 --key 0011…",
      "What a server has",
    );
}

export async function run(args: VerifyArguments): Promise<void> {
  const verifier = verifierFor(args.trust, systemCrypto(), Date.now());
  const findings = await findingsOf(args, verifier);
  const wrongs = findings.filter(({ verdict }) => verdict === "wrong");
  if (args.json) console.log(JSON.stringify({ what: args.what, ok: wrongs.length === 0, findings }));
  else console.log(formatTable(findings.map(({ what, verdict, detail }) => [WORDS[verdict], what, detail])));
  if (wrongs.length > 0) throw jobFailed(`${args.what} is not to be trusted: ${wrongs[0]!.what}: ${wrongs[0]!.detail}`);
}

const WORDS = { right: "right", wrong: "WRONG", unchecked: "not checked" } as const;

export function verifierFor(files: readonly string[], crypto: CryptoProvider, now: number): Verifier {
  const keys = files.map((file) => readTrustedKey(file, "maker", crypto));
  const makers = keys.flatMap(({ spki }) => crypto.verificationKey(spki) ?? []);
  return { crypto, makers, imageKeys: keys.map(imageKeyOf), now };
}

function findingsOf(args: VerifyArguments, verifier: Verifier): Promise<readonly Finding[]> | readonly Finding[] {
  if (/^coaps?:/i.test(args.what)) {
    const uri = parseCoapUri(args.what);
    if (!uri.ok) throw wrongUse(uri.error);
    const ways = { identity: args.identity, key: args.key };
    return uriFindings(uri.value, (asked) => fetched(asked, ways), verifier);
  }
  return fileFindings(args.what, verifier);
}

/** What a file is, is told by its bytes. */
export function fileFindings(file: string, verifier: Verifier): readonly Finding[] {
  if (isBundle(file)) return bundleFindings(file, verifier);
  const bytes = bytesOfFile(file);
  if (bytes.length <= SIGNED_MANIFEST.lengthMax && decodeSign1(bytes).ok) {
    return releaseFindings({ manifest: bytes }, undefined, verifier, false);
  }
  return provedImage(bytes, verifier);
}

function bundleFindings(file: string, verifier: Verifier): readonly Finding[] {
  try {
    const bundle = readBundle(file);
    return releaseFindings(releaseIn(bundle, verifier.now), bundle.image, verifier, true);
  } catch (error) {
    if (error instanceof CommandError) return [wrong("bundle", error.message)];
    throw error;
  }
}

/** An image alone is proved by a signature of its own, or by nothing. */
function provedImage(bytes: Uint8Array, { imageKeys }: Verifier): readonly Finding[] {
  const { findings, isProved } = imageFindings(bytes, imageKeys);
  if (isProved) return findings;
  const why = "no signature in it is by a key that is trusted here: a bundle, or the server's manifest, may prove it";
  return [...findings, wrong("image's maker", why)];
}

/** What a server has at a URI, and the image that its manifest names. `fetch` gives the whole body. */
export async function uriFindings(
  uri: CoapUri,
  fetch: (uri: CoapUri) => Promise<Uint8Array>,
  verifier: Verifier,
): Promise<readonly Finding[]> {
  const bytes = await fetch(uri);
  if (uri.path[0] !== "m") return provedImage(bytes, verifier);
  const opened = open(SIGNED_MANIFEST, bytes, () => verifier.makers);
  // What is not signed names no image that is worth fetching.
  if (!opened.ok) return releaseFindings({ manifest: bytes }, undefined, verifier, false);
  const path = opened.value.value.path.split("/").slice(1);
  const image = await fetch({ ...uri, path, queries: [] });
  return releaseFindings({ manifest: bytes }, image, verifier, false);
}
