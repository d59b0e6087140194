// `narrowboat trust`: whose signatures the server believes.

import type { Argv } from "yargs";
import { toHex } from "../base/bytes.ts";
import { imageNameFault } from "../firmware/image-name.ts";
import { ROLES } from "../manifest/trust-root.ts";
import { systemCrypto } from "../shell/system-crypto.ts";
import { ownKey, ownKeyFile } from "../trust-store/own-key.ts";
import { TrustStore } from "../trust-store/trust-store.ts";
import { readTrustedKey, type TrustedKey } from "../trust-store/trusted-key.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "./command.ts";
import { wrongUse } from "./command-error.ts";
import { withReleases } from "./release/release-stores.ts";
import { formatFields, formatTable } from "./report.ts";

export const add = { options: addOptions, run: addKey };
export const list = { options: listOptions, run: listKeys };
export const revoke = { options: revokeOptions, run: revokeKey };

function addOptions(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("file", { type: "string", demandOption: true, describe: "A public key in PEM: keygen's FILE.pub" })
    .option("role", { ...word, choices: ROLES, default: ROLES[0], describe: "What the key may sign" })
    .option("url", { ...word, describe: "Of a witness: where it takes checkpoints, such as https://witness.example" })
    .option("product", { ...word, describe: "The product that it is for; all of them when absent" })
    .option("json", json)
    .example("$0 trust add maker.pem.pub --product pump", "From now on pump takes only what this key has signed");
}

async function addKey(args: ArgumentsOf<typeof addOptions>): Promise<void> {
  const { file, role, product } = args;
  const url = addressIn(args);
  if (product !== undefined) {
    // Any version will do: the product's name is what is asked about.
    const fault = imageNameFault(product, "1");
    if (fault !== undefined) throw wrongUse(fault);
  }
  const key = readTrustedKey(file, role, systemCrypto());
  if (role === "witness" && key.algorithm !== "ed25519") throw wrongUse(`${file}: a witness signs with Ed25519`);
  const added = withStore(args.data, (store) => {
    const isAdded = store.add(key, role, product, Date.now());
    if (url !== undefined) store.setAddress(key.keyId, url);
    return isAdded;
  });
  const { algorithm } = key;
  const keyId = toHex(key.keyId);
  if (args.json) return console.log(JSON.stringify({ keyId, algorithm, role, product: product ?? null, added }));
  console.log(formatFields({ role, product: product ?? "all", algorithm, "key id": keyId }));
  if (!added) console.log("it was trusted before: nothing changed");
}

/** A witness that nobody asks signs nothing, and devices would wait for it in vain. */
function addressIn({ role, url }: ArgumentsOf<typeof addOptions>): string | undefined {
  if (role !== "witness") {
    if (url === undefined) return undefined;
    throw wrongUse("--url is where a witness takes checkpoints: it goes with --role witness");
  }
  const scheme = url !== undefined && URL.canParse(url) ? new URL(url).protocol : "";
  if (scheme !== "http:" && scheme !== "https:") {
    throw wrongUse("say where the witness takes checkpoints: --url https://HOST");
  }
  return url;
}

function listOptions(yargs: Argv<GlobalArguments>) {
  return yargs
    .option("json", json)
    .example(
      "$0 trust list",
      "Keys that are trusted, and this server's own, whose public parts a maker's trust root names",
    );
}

async function listKeys(args: ArgumentsOf<typeof listOptions>): Promise<void> {
  const crypto = systemCrypto();
  const keys = withStore(args.data, (store) => store.list());
  const own = (["server", "log"] as const).map((role) => {
    const { keyId, algorithm } = ownKey(args.data, role, crypto);
    return { role, algorithm, keyId: toHex(keyId), publicKey: `${ownKeyFile(args.data, role)}.pub` };
  });
  if (args.json) return console.log(JSON.stringify({ own, trusted: keys.map(reportOf) }));
  const rows = keys.map((key) => [
    key.role,
    key.product ?? "all",
    key.algorithm,
    toHex(key.keyId),
    key.revokedAt === undefined
      ? [dayOf(key.addedAt), key.url ?? []].flat().join(" ")
      : `revoked ${dayOf(key.revokedAt)}`,
  ]);
  const ownRows = own.map(({ role, algorithm, keyId, publicKey }) => [role, "all", algorithm, keyId, publicKey]);
  console.log(formatTable([["ROLE", "PRODUCT", "ALGORITHM", "KEY ID", "SINCE"], ...rows, ...ownRows]));
}

function reportOf({ role, product, algorithm, keyId, addedAt, revokedAt, url }: TrustedKey) {
  return {
    role,
    product: product ?? null,
    algorithm,
    keyId: toHex(keyId),
    addedAt: new Date(addedAt).toISOString(),
    ...(url !== undefined && { url }),
    revokedAt: revokedAt === undefined ? null : new Date(revokedAt).toISOString(),
  };
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function revokeOptions(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("keyid", {
      type: "string",
      demandOption: true,
      describe: "The first 8 digits of the key's id, or more",
    })
    .option("json", json)
    .example("$0 trust revoke 3f9a02c1", "Nothing that this key signs is taken any more");
}

async function revokeKey(args: ArgumentsOf<typeof revokeOptions>): Promise<void> {
  const now = Date.now();
  const named = withStore(args.data, (store) => store.named(args.keyid));
  // First: who is interrupted between the two says it again, and nothing is offered meanwhile.
  const withdrawn = withReleases(args.data, (releases) => releases.withdrawSignedBy(named, now));
  const revoked = withStore(args.data, (store) => store.revoke(args.keyid, now));
  const keyId = revoked && toHex(revoked);
  if (args.json) {
    return console.log(JSON.stringify({ keyId: keyId ?? null, revoked: revoked !== undefined, withdrawn }));
  }
  const what = `${withdrawn} release${withdrawn === 1 ? " that it signed is" : "s that it signed are"} offered no longer`;
  if (withdrawn > 0) return console.log(`${toHex(named)} revoked; ${what}`);
  console.log(keyId === undefined ? "it was revoked before: nothing changed" : `${keyId} revoked`);
}

function withStore<Value>(directory: string, work: (store: TrustStore) => Value): Value {
  const store = TrustStore.open(directory);
  try {
    return work(store);
  } finally {
    store.close();
  }
}
