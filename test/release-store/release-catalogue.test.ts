import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ANSWERS_LENGTH_MAX, ANSWERS_MAX, ReleaseCatalogue } from "../../src/release-store/release-catalogue.ts";
import { ReleaseStore } from "../../src/release-store/release-store.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { sha256, signedManifest, signedTrustRoot } from "../support/releases.ts";

const test = suite("release-catalogue");
const scratch = scratchDirectories(test);

test("what was asked for is answered from memory until another process writes", () => {
  const directory = scratch();
  const [operator, store] = [ReleaseStore.open(directory), ReleaseStore.open(directory)];
  const catalogue = new ReleaseCatalogue(store);
  assert.is(catalogue.current("pump", undefined), undefined);
  operator.add({ manifest: signedManifest(1, "1.2.0"), trustRoot: signedTrustRoot(1), releasedAt: 1 });
  operator.classes.set({ product: "pump", name: "outdoor", profile: ["log"] });
  assert.is(catalogue.current("pump", undefined), undefined);
  assert.equal([catalogue.refresh(), catalogue.refresh()], [true, false]);
  const current = catalogue.current("pump", undefined)!;
  assert.equal([current.version, current.digest], ["1.2.0", sha256(signedManifest(1, "1.2.0"))]);
  assert.is(catalogue.current("pump", undefined), current);
  assert.is(catalogue.byDigest("pump", current.digest.subarray(0, 8))?.version, "1.2.0");
  assert.equal(catalogue.trustRoot("pump"), signedTrustRoot(1));
  const wants = [undefined, "outdoor", "indoor"].map((name) => catalogue.wantsProof("pump", name));
  assert.equal(wants, [false, true, false]);
  operator.close();
  store.close();
});

test(`names that devices make up fill ${ANSWERS_MAX} answers, and no more`, () => {
  const store = ReleaseStore.open(scratch());
  const catalogue = new ReleaseCatalogue(store);
  for (let i = 0; i < ANSWERS_MAX + 50; i++) catalogue.trustRoot(`p${i}`);
  assert.is(catalogue.answerCount, ANSWERS_MAX);
  store.close();
});

test(`answers take ${ANSWERS_LENGTH_MAX} bytes, and no more`, () => {
  const store = ReleaseStore.open(scratch());
  const suit = new Uint8Array(60_000);
  store.add({ manifest: signedManifest(1, "1.2.0"), suit, releasedAt: 1 });
  const catalogue = new ReleaseCatalogue(store);
  for (let i = 0; i < 1_000; i++) catalogue.current("pump", `class${i}`);
  assert.ok(catalogue.answerCount < ANSWERS_LENGTH_MAX / suit.length, String(catalogue.answerCount));
  assert.ok(catalogue.answerCount > 200);
  store.close();
});

test.run();
