// The registry's rows: what is entered with a decision, what is signed, and when it refuses.

import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { verifyInclusionProof } from "../../src/registry/inclusion-proof.ts";
import { EntryKind, recordsDigest } from "../../src/registry/log-entry.ts";
import { isConsistent } from "../../src/registry/proof-check.ts";
import { tileAt } from "../../src/registry/tile.ts";
import { parseConsistencyProof, parseTlogProof } from "../../src/registry/tlog-proof.ts";
import { openDecisionFile } from "../../src/registry-store/decision-file.ts";
import { Registry } from "../../src/registry-store/registry.ts";
import { TREE } from "../registry/leaves.ts";
import { keyPair } from "../registry/log-keys.ts";
import { scratchDirectories, throwsStoreError } from "../store/scratch-directory.ts";
import { CRYPTO } from "../support/crypto.ts";
import { copyRegistry, decision, LOG, RegistryScene, recordOf } from "./scene.ts";

const registry = suite("registry");
const scratch = scratchDirectories(registry);

const digestOf = (name: string) => recordsDigest(CRYPTO, [recordOf(name)]);

function names(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => `release ${from + i}`);
}

/** Does to the closed file what no program of ours does. */
function tamper(directory: string, ...statements: readonly string[]): void {
  const database = new DatabaseSync(join(directory, "releases.db"));
  const triggers = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers as { name: string }[]) database.exec(`DROP TRIGGER ${name}`);
  for (const statement of statements) database.exec(statement);
  database.close();
}

registry("an entry is there with its decision, or neither is", () => {
  const scene = new RegistryScene(scratch());
  assert.throws(() =>
    scene.file.transaction(() => {
      scene.registry.append([decision("one")], scene.now);
      throw new Error("the decision failed");
    }),
  );
  assert.is(scene.registry.rows.size(), 0);
  assert.is(scene.enter("one", "two"), 0);
  assert.is(scene.enter("three"), 2);
  assert.is(scene.sign().size, 3);
  scene.close();
});

registry("the first checkpoint is signed at once, and the next after a minute: thousands of entries cost one", () => {
  const scene = new RegistryScene(scratch());
  assert.equal(scene.registry.sign(LOG.signer, scene.now), { kind: "empty" });
  scene.enter("one");
  assert.is(scene.registry.sign(LOG.signer, scene.now).kind, "signed");
  scene.enter("two");
  assert.equal(scene.registry.sign(LOG.signer, scene.now + 20_000), { kind: "tooSoon", waitMs: 40_000 });
  assert.is(scene.registry.sign(LOG.signer, scene.now + 60_000).kind, "signed");
  assert.is(scene.registry.rows.checkpoint()!.size, 2);
  scene.close();
});

registry("a clock that was put back does not make anybody wait for years", () => {
  const scene = new RegistryScene(scratch());
  scene.enter("one");
  scene.sign();
  scene.enter("two");
  assert.is(scene.registry.sign(LOG.signer, scene.now - 10 ** 10).kind, "signed");
  scene.close();
});

registry("while nothing is entered the checkpoint stays as it is", () => {
  const scene = new RegistryScene(scratch());
  scene.enter("one");
  scene.sign();
  const note = scene.published.note();
  scene.sign();
  assert.is(scene.published.note(), note);
  scene.close();
});

registry("each entry of a thousand has a proof that a device believes, and each head goes on from those before", () => {
  const scene = new RegistryScene(scratch());
  const heads = [];
  for (let from = 0; from < 1_000; from += 250) {
    scene.enter(...names(250, from));
    heads.push(scene.sign());
  }
  for (let i = 0; i < 1_000; i += 37) {
    const bytes = scene.published.proofFor(digestOf(`release ${i}`), [EntryKind.RELEASE])!;
    const proven = verifyInclusionProof(CRYPTO, LOG.public, bytes, digestOf(`release ${i}`));
    assert.ok(proven.ok, `release ${i}`);
    assert.is(proven.value.index, i);
    assert.equal(proven.value.head.root, heads.at(-1)!.root);
  }
  for (const head of heads) {
    const proof = parseConsistencyProof(scene.published.consistencyText(head.size)!);
    assert.ok(proof.ok && isConsistent(TREE, head, heads.at(-1)!, proof.value.path));
  }
  scene.close();
});

registry("what is entered and not signed yet has no proof, nor has what is of another kind", () => {
  const scene = new RegistryScene(scratch());
  scene.enter("one");
  scene.sign();
  scene.enter("two");
  assert.is(scene.published.proofFor(digestOf("two"), [EntryKind.RELEASE]), undefined);
  assert.is(scene.published.proofText(1), undefined);
  assert.is(scene.published.consistencyText(2), undefined);
  assert.is(scene.published.proofFor(digestOf("one"), [EntryKind.WAY_BACK_OPENED]), undefined);
  scene.sign();
  assert.ok(scene.published.proofFor(digestOf("two"), [EntryKind.WAY_BACK_OPENED, EntryKind.RELEASE]));
  scene.close();
});

registry("the proof for people holds the entry, and the checkpoint as it is served", () => {
  const scene = new RegistryScene(scratch());
  scene.enter(...names(9));
  scene.sign();
  const proof = parseTlogProof(scene.published.proofText(4)!);
  assert.ok(proof.ok);
  assert.equal(proof.value.extra, scene.registry.rows.entries(4, 5)[0]!.bytes);
  assert.is(proof.value.checkpoint, scene.published.note());
  scene.close();
});

registry("C2SP tlog-tiles: tiles are there as far as was signed, and in each width that was", () => {
  const scene = new RegistryScene(scratch());
  scene.enter(...names(258));
  scene.sign();
  scene.enter(...names(10, 258));
  const lengthOf = (path: string) => scene.published.tile(tileAt(path)!)?.length;
  assert.is(lengthOf("tile/0/000"), 8192);
  assert.is(lengthOf("tile/0/001.p/2"), 64);
  assert.is(lengthOf("tile/1/000.p/1"), 32);
  assert.is(lengthOf("tile/0/001.p/3"), undefined);
  assert.is(lengthOf("tile/1/000"), undefined);
  assert.is(lengthOf("tile/entries/001.p/3"), undefined);
  const bundle = scene.published.tile(tileAt("tile/entries/001.p/2")!)!;
  const [first] = scene.registry.rows.entries(256, 257);
  assert.equal(bundle.subarray(0, 2), Uint8Array.of(0, first!.bytes.length));
  assert.equal(bundle.subarray(2, 2 + first!.bytes.length), first!.bytes);
  scene.close();
});

registry("two processes enter and sign in turns, and there is one history", () => {
  const directory = scratch();
  const [one, other] = [new RegistryScene(directory), new RegistryScene(directory)];
  const heads = [];
  for (let round = 0; round < 6; round++) {
    const [writer, signer] = round % 2 === 0 ? [one, other] : [other, one];
    writer.enter(...names(100, 100 * round));
    signer.now = writer.now;
    heads.push(signer.sign());
    writer.now = signer.now;
  }
  assert.equal(
    heads.map(({ size }) => size),
    [100, 200, 300, 400, 500, 600],
  );
  one.published.refresh();
  for (const head of heads) {
    const proof = parseConsistencyProof(one.published.consistencyText(head.size)!);
    assert.ok(proof.ok && isConsistent(TREE, head, heads.at(-1)!, proof.value.path));
  }
  one.close();
  other.close();
});

registry("a new key signs the same entries under a name of its own", () => {
  const scene = new RegistryScene(scratch());
  scene.enter("one");
  scene.sign();
  const other = keyPair(2);
  assert.is(scene.registry.sign(other.signer, scene.now + 60_000).kind, "signed");
  scene.published.refresh();
  assert.is(scene.published.key!.name, other.log.name);
  scene.close();
});

/** A log of 300 entries, signed at 270 and at 300. */
function signedLog(): string {
  const directory = scratch();
  const scene = new RegistryScene(directory);
  scene.enter(...names(270));
  scene.sign();
  scene.enter(...names(30, 270));
  scene.sign();
  scene.close();
  return directory;
}

function refuses(directory: string, ...words: readonly string[]): void {
  const scene = new RegistryScene(directory);
  throwsStoreError(() => scene.enter("more"), "registryBroken", ...words);
  throwsStoreError(() => scene.sign(), "registryBroken");
  assert.is(scene.published.note(), undefined);
  scene.close();
}

registry("opened again it goes on", () => {
  const scene = new RegistryScene(signedLog());
  assert.is(scene.registry.fault, undefined);
  assert.is(scene.enter("more"), 300);
  scene.now += 10 ** 9;
  assert.is(scene.sign().size, 301);
  scene.close();
});

registry("a hash of a leaf that was changed, taken or moved makes it refuse to write", () => {
  const changes = [
    "UPDATE registry_tile SET hashes = zeroblob(8192) WHERE number = 0",
    "UPDATE registry_tile SET hashes = zeroblob(length(hashes)) WHERE number = 1",
    "UPDATE registry_tile SET hashes = substr(hashes, 1, 32) WHERE number = 1",
    "UPDATE registry_tile SET hashes = substr(hashes, 1, 8160) WHERE number = 0",
    "DELETE FROM registry_tile WHERE number = 0",
    "DELETE FROM registry_tile WHERE number = 1",
    "UPDATE registry_tile SET number = 2 WHERE number = 1",
  ];
  for (const change of changes) {
    const directory = signedLog();
    tamper(directory, change);
    refuses(directory);
  }
});

registry("entries that are gone make it refuse to write", () => {
  const directory = signedLog();
  tamper(directory, "DELETE FROM registry_entry WHERE number >= 280");
  refuses(directory, "280 entries");
});

registry("a database older than what was signed is refused: a second history would be signed", () => {
  const directory = scratch();
  const backup = scratch();
  const scene = new RegistryScene(directory);
  scene.enter(...names(10));
  scene.sign();
  scene.file.emptyLog();
  copyRegistry(directory, backup);
  scene.enter(...names(10, 10));
  scene.sign();
  scene.close();
  for (const suffix of ["-wal", "-shm"]) rmSync(join(directory, `releases.db${suffix}`), { force: true });
  rmSync(join(backup, "registry-head"));
  copyRegistry(backup, directory);
  refuses(directory, "10 entries", "20 were signed");
});

registry("a signed checkpoint that was changed makes it refuse to write", () => {
  const changes = [
    "UPDATE registry_checkpoint SET root = zeroblob(32) WHERE number = 2",
    "UPDATE registry_checkpoint SET signature = zeroblob(64) WHERE number = 2",
    "UPDATE registry_checkpoint SET size = 299 WHERE number = 2",
    "UPDATE registry_checkpoint SET size = 301 WHERE number = 2",
  ];
  for (const change of changes) {
    const directory = signedLog();
    tamper(directory, change);
    refuses(directory);
  }
});

registry("a head file that is none, or is of another history, makes it refuse to write", () => {
  const directory = signedLog();
  truncateSync(join(directory, "registry-head"), 20);
  refuses(directory, "registry-head");
  const other = signedLog();
  writeFileSync(join(other, "registry-head"), `x\n270\n${Buffer.alloc(32).toString("base64")}\n`);
  refuses(other, "270");
});

registry("after the start the entries are compared with their leaves, and one that differs ends all writing", () => {
  const directory = signedLog();
  tamper(directory, "UPDATE registry_entry SET bytes = x'00' WHERE number = 299");
  const scene = new RegistryScene(directory);
  assert.is(scene.registry.fault, undefined);
  const steps = [...scene.registry.checkEntries()].length;
  assert.is(steps, 1);
  assert.match(scene.registry.fault!, /entry 299/);
  throwsStoreError(() => scene.enter("more"), "registryBroken");
  scene.close();
  const sound = new RegistryScene(signedLog());
  assert.is([...sound.registry.checkEntries()].length, 2);
  assert.is(sound.registry.fault, undefined);
  sound.close();
});

registry("no statement changes or takes an entry or a checkpoint", () => {
  const scene = new RegistryScene(signedLog());
  const statements = [
    "UPDATE registry_entry SET bytes = x'00'",
    "DELETE FROM registry_entry",
    "UPDATE registry_checkpoint SET root = zeroblob(32)",
    "DELETE FROM registry_checkpoint",
    "INSERT INTO registry_checkpoint VALUES (9, 5, zeroblob(32), 0, x'', zeroblob(64), '')",
  ];
  for (const statement of statements) assert.throws(() => scene.file.prepare<[]>(statement).run(), statement);
  scene.close();
});

registry("a key that is not Ed25519 signs no checkpoint", () => {
  const file = openDecisionFile(scratch());
  const key = { ...LOG.signer, spki: new Uint8Array(91) };
  throwsStoreError(() => Registry.open(file, CRYPTO).sign(key, 0), "key", "Ed25519");
  file.close();
});

registry.run();
