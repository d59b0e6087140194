// `narrowboat trust root`: whose tickets, checkpoints and manifests a product's devices shall believe, signed by the maker.

import type { Argv } from "yargs";
import { toHex } from "../base/bytes.ts";
import { imageNameFault } from "../firmware/image-name.ts";
import { SIGNED_TRUST_ROOT, sign } from "../manifest/signed-object.ts";
import { majorityOf, ROLES, type Role, type TrustedKey, type TrustRoot, witnessesIn } from "../manifest/trust-root.ts";
import { systemCrypto } from "../shell/system-crypto.ts";
import { makeNewFile } from "../store/new-file.ts";
import { readVerificationKey } from "../trust-store/key-file.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "./command.ts";
import { jobFailed, wrongUse } from "./command-error.ts";
import { releaseSigner } from "./release/release-signer.ts";
import { endOfDay } from "./release/trust-root-due.ts";
import { parseDays, parseSequenceNumber } from "./release/way-back-image.ts";
import { formatFields } from "./report.ts";

const keys = { type: "string", array: true, requiresArg: true, default: [] as string[] } as const;

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .option("product", { ...word, demandOption: true, describe: "Whose devices it is for" })
    .option("key", { ...word, demandOption: true, describe: "The maker's key; its public part with --to-sign" })
    .option("passphrase-file", { ...word, describe: "A file whose first line opens the key" })
    .option("server", { ...keys, describe: "Public keys that sign tickets: a server's server-key.pem.pub" })
    .option("log", { ...keys, describe: "Public keys that sign checkpoints: a server's log-key.pem.pub" })
    .option("witness", { ...keys, describe: "Public keys that cosign checkpoints" })
    .option("witnesses-needed", {
      ...word,
      describe: "How many of the witnesses must have signed; more than half of them when absent",
    })
    .option("maker", { ...keys, describe: "Makers who alone sign from now on; devices' own maker when there is none" })
    .option("address", { ...keys, describe: "coaps://HOST[:PORT] of the product's servers, the first one first" })
    .option("number", {
      ...word,
      describe: "Devices take higher ones only; the time in seconds when absent",
      coerce: parseSequenceNumber,
    })
    .option("days", { ...word, default: "1461", describe: "Days for which it holds", coerce: parseDays })
    .option("out", { ...word, demandOption: true, describe: "The file to write, which narrowboat publish takes" })
    .option("to-sign", { ...word, describe: "Write what is to be signed elsewhere, and do nothing else" })
    .option("signature", { ...word, describe: "The signature of what --to-sign wrote" })
    .option("json", json)
    .example("$0 trust root --product pump --key maker.pem --server server-key.pem.pub --out pump.root", "");
}

export async function run(args: ArgumentsOf<typeof options>): Promise<void> {
  const { product, out } = args;
  const fault = imageNameFault(product, "1");
  if (fault !== undefined) throw wrongUse(fault);
  const signer = releaseSigner(args, systemCrypto());
  const root = rootOf(args, Date.now());
  const signed = sign(SIGNED_TRUST_ROOT, signer.key, root);
  if (signer.writeToSign !== undefined) return console.log(signer.writeToSign().join("\n"));
  if (!makeNewFile(out, signed, 0o644)) throw jobFailed(`${out} exists: name another file, or remove it`);
  const keyId = toHex(signer.key.keyId);
  const { number, notAfter } = root;
  const until = new Date(1_000 * notAfter).toISOString().slice(0, 10);
  if (args.json) return console.log(JSON.stringify({ product, number, until, keys: root.keys.length, keyId, out }));
  console.log(
    formatFields({ "trust root": product, number, until, keys: root.keys.length, "signed by": keyId, file: out }),
  );
}

function rootOf(args: ArgumentsOf<typeof options>, now: number): TrustRoot {
  const { product, number, toSign, signature, days, address } = args;
  if (number === undefined && (toSign ?? signature) !== undefined) {
    throw wrongUse("what is signed in two steps has to be the same in both: say --number");
  }
  const named = ROLES.flatMap((role) => args[role].map((file) => keyIn(file, role)));
  if (named.length === 0)
    throw wrongUse("a trust root names at least one key: say --server, --log, --witness or --maker");
  return {
    number: number ?? Math.floor(now / 1_000),
    product,
    notAfter: endOfDay(now, days),
    keys: named,
    servers: address,
    witnessesNeeded: args.witnessesNeeded === undefined ? majorityOf(named) : neededIn(args.witnessesNeeded, named),
  };
}

function neededIn(text: string, named: readonly TrustedKey[]): number | undefined {
  const count = witnessesIn(named);
  const needed = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (needed >= 0 && needed <= count) return needed === 0 ? undefined : needed;
  throw wrongUse(`--witnesses-needed ${text}: a number from 0 to the ${count} witnesses that the trust root names`);
}

function keyIn(file: string, role: Role): TrustedKey {
  return { role, spki: readVerificationKey(file, systemCrypto()).spki };
}
