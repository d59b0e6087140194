// `narrowboat keygen`: a maker's key.

import type { Argv } from "yargs";
import { toHex } from "../base/bytes.ts";
import { systemCrypto } from "../shell/system-crypto.ts";
import { makeKeyFile, publicFileOf, readPassphrase } from "../trust-store/key-file.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "./command.ts";
import { jobFailed } from "./command-error.ts";
import { formatFields } from "./report.ts";

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("file", {
      type: "string",
      demandOption: true,
      describe: "Where the private key goes; FILE.pub beside it",
    })
    .option("algorithm", {
      ...word,
      choices: ["ed25519", "es256"] as const,
      default: "ed25519" as const,
      describe: "Ed25519, or ECDSA over P-256",
    })
    .option("passphrase-file", { ...word, describe: "A file whose first line seals the key" })
    .option("json", json)
    .example("$0 keygen maker.pem", "Keep maker.pem to yourself; maker.pem.pub is for servers and devices");
}

export async function run(args: ArgumentsOf<typeof options>): Promise<void> {
  const { file, algorithm } = args;
  const passphrase = args.passphraseFile === undefined ? undefined : readPassphrase(args.passphraseFile);
  const key = makeKeyFile(file, algorithm, systemCrypto(), passphrase);
  passphrase?.fill(0);
  if (key === undefined) throw jobFailed(`${file} or ${publicFileOf(file)} exists, and no key is overwritten`);
  const made = { private: file, public: publicFileOf(file), algorithm, keyId: toHex(key.keyId) };
  if (args.json) return console.log(JSON.stringify(made));
  console.log(
    formatFields({ "private key": made.private, "public key": made.public, algorithm, "key id": made.keyId }),
  );
}
