// npm run bench:registry: what the registry costs: entering in batches, a proof, and the start, which is compared with hashing
// as many nodes as the tree has without reading, keeping or comparing anything. Times are those on a processor, as neighbours
// do not change them; the clock's stand beside them.

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { concat, fromHex, toUtf8 } from "../src/base/bytes.ts";
import { encodeInclusionProof, verifyInclusionProof } from "../src/registry/inclusion-proof.ts";
import { EntryKind, recordsDigest } from "../src/registry/log-entry.ts";
import { HASH_LENGTH } from "../src/registry/tree-hash.ts";
import { openDecisionFile } from "../src/registry-store/decision-file.ts";
import { PublishedLog } from "../src/registry-store/published-log.ts";
import { Registry } from "../src/registry-store/registry.ts";
import { systemCrypto } from "../src/shell/system-crypto.ts";
import { spreadOf } from "./statistics.ts";

/** RFC 8410 7: what stands before a seed. */
const PKCS8_HEAD = fromHex("302e020100300506032b657004220420")!;

const PROOF_COUNT = 1_000;
const START_COUNT = 5;

const options = await yargs(hideBin(process.argv))
  .usage("npm run bench:registry -- [options]")
  .option("entries", { type: "number", default: 1_000_000, describe: "in the registry" })
  .option("batch", { type: "number", default: 1_000, describe: "entries of a transaction" })
  .strict()
  .parse();

const crypto = systemCrypto();
const key = crypto.signingKey(concat(PKCS8_HEAD, new Uint8Array(32).fill(7)))!;
const publicKey = crypto.verificationKey(key.spki)!;
const directory = mkdtempSync(join(tmpdir(), "narrowboat-"));
try {
  enterAll();
  measureStart();
  measureProofs();
} finally {
  rmSync(directory, { recursive: true });
}

function recordOf(number: number): Uint8Array {
  return toUtf8(`record ${number}`);
}

function enterAll(): void {
  const file = openDecisionFile(directory);
  const registry = Registry.open(file, crypto);
  const spent = { processor: 0, clock: 0 };
  for (let from = 0; from < options.entries; from += options.batch) {
    const decisions = Array.from({ length: options.batch }, (_, i) => ({
      kind: EntryKind.RELEASE,
      records: [recordOf(from + i)],
    }));
    const took = timeOf(() => file.transaction(() => registry.append(decisions, Date.now())));
    spent.processor += took.processor;
    spent.clock += took.clock;
  }
  registry.sign(key, Date.now());
  file.close();
  const { size } = statSync(join(directory, "releases.db"));
  say(`${options.entries} entries in batches of ${options.batch}`, [
    `${spoken(spent, options.entries)} an entry, each batch synced to the disk; promised at most 100 µs`,
    `${(size / options.entries).toFixed(0)} bytes an entry in the file`,
  ]);
}

/** Taking turns with the bare hashing, so that a neighbour's burst hits both. */
function measureStart(): void {
  const rounds = Array.from({ length: START_COUNT }, () => ({ start: timeOf(open), hashing: timeOf(hashNodes) }));
  const ratio = spreadOf(rounds.map(({ start, hashing }) => start.processor / hashing.processor));
  const [start, hashing] = [median(rounds.map((one) => one.start)), median(rounds.map((one) => one.hashing))];
  say("the start: the root from the stored leaf hashes, compared with what was signed", [
    `${spoken(start)}, and ${spoken(hashing)} for the bare hashing of as many nodes`,
    `${ratio.median.toFixed(2)} times that [${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)}], promised at most 1.5`,
  ]);
}

function open(): void {
  const file = openDecisionFile(directory);
  const { fault } = Registry.open(file, crypto);
  file.close();
  if (fault !== undefined) throw new Error(fault);
}

/** A tree has a node less than leaves, each the hash of 65 bytes. */
function hashNodes(): void {
  const node = new Uint8Array(1 + 2 * HASH_LENGTH).fill(1);
  for (let i = 1; i < options.entries; i++) crypto.sha256(node);
}

function measureProofs(): void {
  const file = openDecisionFile(directory);
  const registry = Registry.open(file, crypto);
  const published = new PublishedLog(registry, crypto);
  const { size, signature } = published.checkpoint!;
  // Spread over the whole, so that nearly each is from a tile that was not read before.
  const indices = Array.from({ length: PROOF_COUNT }, (_, i) => Math.floor((i * 0.6180339887 * size) % size));
  const took = indices.map((index) =>
    timeOf(() => {
      const [row] = registry.rows.entries(index, index + 1);
      encodeInclusionProof({
        entry: row!.bytes,
        index,
        path: registry.tree.inclusion(index, size),
        size,
        signature,
        cosignatures: [],
      });
    }),
  );
  const sorted = took.map(({ processor }) => processor).sort((a, b) => a - b);
  const digest = recordsDigest(crypto, [recordOf(indices[1]!)]);
  const proof = published.proofFor(digest, [EntryKind.RELEASE])!;
  const isBelieved = verifyInclusionProof(crypto, publicKey, proof, digest).ok;
  file.close();
  if (!isBelieved) throw new Error("a proof that nobody believes");
  say(`${PROOF_COUNT} proofs of inclusion, of entries all over the registry`, [
    `${spoken(median(took))}, 99 % within ${(sorted[Math.floor(0.99 * sorted.length)]! / 1_000).toFixed(2)} ms; promised at most 1 ms`,
    `${proof.length} bytes beside a manifest, checkpoint included`,
  ]);
}

/** Microseconds. */
interface Took {
  readonly processor: number;
  readonly clock: number;
}

function timeOf(work: () => void): Took {
  const before = process.cpuUsage();
  const began = performance.now();
  work();
  const clock = 1_000 * (performance.now() - began);
  const { user, system } = process.cpuUsage(before);
  return { processor: user + system, clock };
}

function median(values: readonly Took[]): Took {
  const of = (part: keyof Took) => spreadOf(values.map((value) => value[part])).median;
  return { processor: of("processor"), clock: of("clock") };
}

function spoken({ processor, clock }: Took, count = 1): string {
  const inUnits = (micros: number) =>
    micros < 1_000 ? `${micros.toPrecision(2)} µs` : `${(micros / 1_000).toFixed(micros < 10_000 ? 2 : 0)} ms`;
  return `${inUnits(processor / count)} (by the clock ${inUnits(clock / count)})`;
}

function say(what: string, figures: readonly string[]): void {
  console.log([what, ...figures.map((figure) => `  ${figure}`)].join("\n"));
}
