// The registry on the command line: whoever has its key checks a proof without the data directory.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { verifyConsistency, verifyInclusion } from "../../src/cli/log/proof-findings.ts";
import { formatVkey } from "../../src/registry/note-key.ts";
import { ReleaseStore } from "../../src/release-store/release-store.ts";
import { LOG, RegistryScene, recordOf } from "../registry-store/scene.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { CRYPTO } from "../support/crypto.ts";
import { sha256, signedManifest } from "../support/releases.ts";
import { narrowboat } from "./narrowboat.ts";

const log = suite("log");
const scratch = scratchDirectories(log);

const VKEY = formatVkey(CRYPTO, LOG.log);

log(
  "a release's proof is checked with the registry's key alone, and a changed one is refused with exit code 1",
  async () => {
    const directory = scratch();
    const manifest = signedManifest(1, "1.0.0");
    const releases = ReleaseStore.open(join(directory, "narrowboat-data"));
    releases.add({ manifest, releasedAt: Date.UTC(2026, 10, 27) });
    releases.close();
    const said = await narrowboat(directory, "log", "checkpoint", "--json");
    const { vkey, size, origin } = JSON.parse(said.stdout) as { vkey: string; size: number; origin: string };
    assert.is(size, 1);
    const asked = await narrowboat(directory, "log", "prove", "--digest", toHex(sha256(manifest)));
    const elsewhere = scratch();
    writeFileSync(join(elsewhere, "proof"), asked.stdout);
    writeFileSync(join(elsewhere, "manifest"), manifest);
    const verify = ["log", "verify", "proof", "--vkey", vkey, "--record", "manifest"];
    const verified = await narrowboat(elsewhere, ...verify);
    assert.equal([verified.code, verified.stderr], [0, ""]);
    assert.match(verified.stdout, /^entry +release\ntime +2026-11-27T00:00:00\.000Z\n/);
    assert.match(verified.stdout, new RegExp(`^log +${origin}$`, "m"));
    writeFileSync(join(elsewhere, "proof"), asked.stdout.replace("\n1\n", "\n2\n"));
    const forged = await narrowboat(elsewhere, ...verify);
    assert.equal([forged.code, forged.stderr], [1, `narrowboat: proof: the signature of ${origin} is wrong\n`]);
  },
);

log("this data directory's registry is checked as a whole, and a question that is none is exit code 2", async () => {
  const directory = scratch();
  const scene = new RegistryScene(join(directory, "narrowboat-data"));
  scene.enter("one", "two");
  scene.close();
  const verified = await narrowboat(directory, "log", "verify");
  assert.match(verified.stdout, /^entries +2\nof them signed +2\nentry +release\n/);
  const { code, stderr } = await narrowboat(directory, "log", "prove");
  assert.equal([code, stderr], [2, "narrowboat: say what to prove: --index N, --digest HEX or --old N\n"]);
});

log("a newer checkpoint goes on from an older, and from no other", () => {
  const scene = new RegistryScene(scratch());
  scene.enter("one");
  scene.sign();
  const older = scene.published.note()!;
  scene.enter("two", "three");
  scene.sign();
  const proof = scene.published.consistencyText(1)!;
  scene.close();
  const found = verifyConsistency(CRYPTO, VKEY, proof, older);
  assert.equal(found.ok ? found.value["goes on from"] : found.error, 1);
  const fork = new RegistryScene(scratch());
  fork.enter("another one");
  fork.sign();
  const forked = verifyConsistency(CRYPTO, VKEY, proof, fork.published.note()!);
  assert.match(forked.ok ? "" : forked.error, /two histories/);
  assert.not(verifyConsistency(CRYPTO, VKEY, proof, older.replace("\n1\n", "\n0\n")).ok);
  assert.not(verifyConsistency(CRYPTO, VKEY, proof.replace("old 1", "old 2"), older).ok);
  assert.not(verifyConsistency(CRYPTO, VKEY, proof, undefined).ok);
  fork.close();
});

log("a proof of another entry, of another record or of another log shows nothing", () => {
  const scene = new RegistryScene(scratch());
  scene.enter("one", "two");
  scene.sign();
  const [proof, other] = [scene.published.proofText(0)!, scene.published.proofText(1)!];
  scene.close();
  assert.ok(verifyInclusion(CRYPTO, VKEY, proof, recordOf("one")).ok);
  const extraOf = (text: string) => text.split("\n")[1]!;
  const wrong = {
    "the record of another": verifyInclusion(CRYPTO, VKEY, proof, recordOf("two")),
    "another entry in it": verifyInclusion(CRYPTO, VKEY, proof.replace(extraOf(proof), extraOf(other)), undefined),
    "another place": verifyInclusion(CRYPTO, VKEY, proof.replace("index 0", "index 1"), undefined),
    "no entry": verifyInclusion(CRYPTO, VKEY, proof.replace(`${extraOf(proof)}\n`, ""), undefined),
    "no vkey": verifyInclusion(CRYPTO, "none", proof, undefined),
    "no proof": verifyInclusion(CRYPTO, VKEY, readFileSync(import.meta.filename, "utf8"), undefined),
  };
  for (const [what, found] of Object.entries(wrong)) assert.not(found.ok, what);
});

log.run();
