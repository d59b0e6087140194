// `narrowboat log`: the registry of what was decided here: its newest checkpoint, proofs out of it, and what a proof shows.

import { readFileSync, writeFileSync } from "node:fs";
import type { Argv } from "yargs";
import { fromHex, toHex } from "../../base/bytes.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { sizeOf } from "../../registry/checkpoint.ts";
import { decodeEntry, EntryKind } from "../../registry/log-entry.ts";
import { formatVkey } from "../../registry/note-key.ts";
import { openDecisionFile } from "../../registry-store/decision-file.ts";
import { PublishedLog } from "../../registry-store/published-log.ts";
import { Registry } from "../../registry-store/registry.ts";
import { systemCrypto } from "../../shell/system-crypto.ts";
import { StoreError, systemMessage } from "../../store/store-error.ts";
import { ownKey } from "../../trust-store/own-key.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "../command.ts";
import { jobFailed, wrongUse } from "../command-error.ts";
import { formatFields } from "../report.ts";
import { entryFields, verifyConsistency, verifyInclusion } from "./proof-findings.ts";

export const checkpoint = { options: checkpointOptions, run: printCheckpoint };
export const prove = { options: proveOptions, run: writeProof };
export const verify = { options: verifyOptions, run: verifyFile };

interface OpenLog {
  readonly registry: Registry;
  readonly published: PublishedLog;
}

/** The registry of the data directory, with a checkpoint of all that may be in one by now. */
function withLog<Value>(directory: string, work: (log: OpenLog, crypto: CryptoProvider) => Value): Value {
  const crypto = systemCrypto();
  const file = openDecisionFile(directory);
  try {
    const registry = Registry.open(file, crypto);
    registry.sign(ownKey(directory, "log", crypto), Date.now());
    return work({ registry, published: new PublishedLog(registry, crypto) }, crypto);
  } finally {
    file.close();
  }
}

function checkpointOptions(yargs: Argv<GlobalArguments>) {
  return yargs
    .option("json", json)
    .example("$0 log checkpoint > pump.checkpoint", "What the registry says of itself, signed; its key goes to stderr");
}

async function printCheckpoint(args: ArgumentsOf<typeof checkpointOptions>): Promise<void> {
  withLog(args.data, ({ published }, crypto) => {
    const [note, key, newest] = [published.note(), published.key, published.checkpoint];
    if (note === undefined || key === undefined || newest === undefined) throw jobFailed(NOTHING_ENTERED);
    const { size, root, signedAt } = newest;
    const vkey = formatVkey(crypto, key);
    if (!args.json) {
      process.stdout.write(note);
      return console.error(`--vkey ${vkey}`);
    }
    const signed = new Date(signedAt).toISOString();
    console.log(JSON.stringify({ origin: key.name, size, root: toHex(root), signedAt: signed, vkey, note }));
  });
}

const NOTHING_ENTERED = "nothing is entered in the registry yet: trust add, release and the like are";

function proveOptions(yargs: Argv<GlobalArguments>) {
  return yargs
    .option("index", { ...word, describe: "The number of an entry, from 0" })
    .option("digest", { ...word, describe: "The SHA-256 of what was entered, such as a manifest, in hex digits" })
    .option("old", { ...word, describe: "The size of an older checkpoint: that the newest one goes on from it" })
    .option("out", { ...word, describe: "File to write to; standard output when absent" })
    .option("json", json)
    .example("$0 log prove --digest 895751… --out pump.tlog-proof", "That a manifest is in the registry")
    .example("$0 log prove --old 7", "That nothing of the first seven entries was changed or taken");
}

async function writeProof(args: ArgumentsOf<typeof proveOptions>): Promise<void> {
  const { index, digest, old, out } = args;
  if ([index, digest, old].filter((one) => one !== undefined).length !== 1) {
    throw wrongUse("say what to prove: --index N, --digest HEX or --old N");
  }
  const proof = withLog(args.data, ({ published }) =>
    old !== undefined ? consistencyProof(published, numberOf("old", old)) : inclusionProof(published, index, digest),
  );
  if (out !== undefined) writeFileSync(out, proof.text);
  if (args.json) console.log(JSON.stringify(proof));
  else if (out === undefined) process.stdout.write(proof.text);
}

function inclusionProof(published: PublishedLog, index: string | undefined, digest: string | undefined) {
  const number = index === undefined ? indexOfDigest(published, digest!) : numberOf("index", index);
  const text = number === undefined ? undefined : published.proofText(number);
  if (number !== undefined && text !== undefined) {
    return { kind: "inclusion", index: number, size: published.checkpoint!.size, text };
  }
  const what = index === undefined ? "what has this digest" : `entry ${index}`;
  throw jobFailed(`${what} is in no checkpoint: if it was just entered, try again in a minute`);
}

function indexOfDigest(published: PublishedLog, digest: string): number | undefined {
  const bytes = fromHex(digest);
  if (bytes?.length !== 32) throw wrongUse(`"${digest}" is no SHA-256: write 64 hex digits`);
  return published.find(bytes, Object.values(EntryKind));
}

function consistencyProof(published: PublishedLog, old: number) {
  const text = published.consistencyText(old);
  if (text !== undefined) return { kind: "consistency", old, size: published.checkpoint!.size, text };
  throw jobFailed(`the newest checkpoint is of ${published.checkpoint?.size ?? 0} entries, which is less than ${old}`);
}

function numberOf(option: string, text: string): number {
  const number = sizeOf(text);
  if (number === undefined) throw wrongUse(`--${option} ${text} is no number: write digits`);
  return number;
}

function verifyOptions(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("file", { type: "string", describe: "A proof that log prove wrote; this registry itself when absent" })
    .option("vkey", { ...word, describe: "The registry's public key, as log checkpoint says it" })
    .option("old", { ...word, describe: "File with the older checkpoint that a proof goes on from" })
    .option("record", { ...word, describe: "File with what was entered, such as a manifest: its digest is compared" })
    .option("json", json)
    .example("$0 log verify pump.tlog-proof --vkey narrowboat/3f…", "Offline: all that it takes is in the file")
    .example("$0 log verify", "Every entry, hash and signature of this data directory's registry");
}

async function verifyFile(args: ArgumentsOf<typeof verifyOptions>): Promise<void> {
  const { file, vkey, old, record } = args;
  if (file === undefined) return verifyOwn(args.data, args.json);
  if (vkey === undefined) throw wrongUse("say whose proof it has to be: --vkey, as narrowboat log checkpoint says it");
  const crypto = systemCrypto();
  const text = readText(file);
  const found = text.startsWith("old ")
    ? verifyConsistency(crypto, vkey, text, old === undefined ? undefined : readText(old))
    : verifyInclusion(crypto, vkey, text, record === undefined ? undefined : readBytes(record));
  if (!found.ok) throw jobFailed(`${file}: ${found.error}`);
  console.log(args.json ? JSON.stringify({ verified: true, ...found.value }) : formatFields(found.value));
}

function verifyOwn(directory: string, asJson: boolean): void {
  withLog(directory, ({ registry, published }) => {
    for (const _ of registry.checkEntries());
    if (registry.fault !== undefined)
      throw new StoreError("registryBroken", `the registry is broken: ${registry.fault}`);
    const size = registry.rows.size();
    const signed = published.checkpoint?.size ?? 0;
    const last = registry.rows.entries(Math.max(0, size - 1), size).map(({ bytes }) => decodeEntry(bytes))[0];
    const newest = last?.ok === true ? entryFields(last.value) : {};
    if (asJson) return console.log(JSON.stringify({ verified: true, size, signed, newest }));
    console.log(formatFields({ entries: size, "of them signed": signed, ...newest }));
  });
}

function readText(file: string): string {
  return Buffer.from(readBytes(file)).toString("utf8");
}

function readBytes(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw wrongUse(`cannot read ${file}: ${systemMessage(error)}`);
  }
}
