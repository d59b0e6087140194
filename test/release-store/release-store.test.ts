import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { ReleaseStore } from "../../src/release-store/release-store.ts";
import { scratchDirectories, throwsStoreError } from "../store/scratch-directory.ts";
import { imageDigest, MAKER, sha256, signedManifest, signedTrustRoot } from "../support/releases.ts";
import { OTHER_ED25519_PAIR } from "../support/signing-keys.ts";

const test = suite("release-store");
const scratch = scratchDirectories(test);

const DAY = 1_700_000_000_000;

/** 1.2.0 as number 1, and 1.3.0 as number 2 with number 3 as its way back. */
function withTwoReleases(directory: string): ReleaseStore {
  const store = ReleaseStore.open(directory);
  store.add({ manifest: signedManifest(1, "1.2.0"), releasedAt: DAY });
  const back = signedManifest(3, "1.2.0", { forRunning: imageDigest("1.3.0") });
  store.add({
    manifest: signedManifest(2, "1.3.0"),
    suit: toUtf8("suit"),
    wayBack: { manifest: back, riot: toUtf8("riot") },
    trustRoot: signedTrustRoot(1),
    notes: toUtf8("what is new"),
    releasedAt: DAY + 1,
  });
  return store;
}

test("a release is found again as it was signed, with all that came with it", () => {
  const directory = scratch();
  withTwoReleases(directory).close();
  const store = ReleaseStore.open(directory);
  const current = store.releases.current("pump", undefined)!;
  assert.is(current.content.version, "1.3.0");
  assert.equal(current.manifest, signedManifest(2, "1.3.0"));
  assert.equal(current.digest, sha256(current.manifest));
  assert.equal([current.suit, current.riot], [toUtf8("suit"), undefined]);
  assert.equal(store.documents.find(current.digest, "notes"), toUtf8("what is new"));
  assert.equal(store.trustRoots.newest("pump"), signedTrustRoot(1));
  assert.is(store.releases.newestSequence("pump"), 3);
  assert.equal(store.releases.byDigest("pump", current.digest.subarray(0, 8))?.digest, current.digest);
  store.close();
});

test("a class gets what is for it or for every device, whichever is newer; another class gets nothing of it", () => {
  const store = withTwoReleases(scratch());
  store.add({ manifest: signedManifest(4, "1.4.0", { class: "outdoor" }), releasedAt: DAY });
  assert.is(store.releases.current("pump", "outdoor")?.content.version, "1.4.0");
  assert.is(store.releases.current("pump", "indoor")?.content.version, "1.3.0");
  assert.is(store.releases.current("pump", undefined)?.content.version, "1.3.0");
  assert.is(store.releases.current("valve", undefined), undefined);
  store.close();
});

test("a sequence number that is not above the newest is refused, and nothing of the release stays", () => {
  const store = withTwoReleases(scratch());
  const old = { manifest: signedManifest(3, "1.4.0"), notes: toUtf8("n"), releasedAt: DAY };
  throwsStoreError(() => store.add(old), "releaseOld");
  const oldBack = signedManifest(4, "1.3.0", { forRunning: imageDigest("1.4.0") });
  const release = { ...old, manifest: signedManifest(4, "1.4.0"), wayBack: { manifest: oldBack } };
  throwsStoreError(() => store.add(release), "releaseOld");
  const rootOld = { ...release, wayBack: undefined, trustRoot: signedTrustRoot(1) };
  throwsStoreError(() => store.add(rootOld), "releaseOld");
  assert.is(store.releases.list().length, 3);
  assert.is(store.releases.newestSequence("pump"), 3);
  store.close();
});

test("a way back for another image, and one of another product, is refused", () => {
  const store = withTwoReleases(scratch());
  const manifest = signedManifest(4, "1.4.0");
  for (const back of [
    signedManifest(5, "1.2.0"),
    signedManifest(5, "1.2.0", { forRunning: imageDigest("1.3.0") }),
    signedManifest(5, "1.2.0", { forRunning: imageDigest("1.4.0"), product: "valve" }),
  ]) {
    throwsStoreError(() => store.add({ manifest, wayBack: { manifest: back }, releasedAt: DAY }), "manifest");
  }
  store.close();
});

test("a release never changes, and none is ever removed", () => {
  const directory = scratch();
  const store = withTwoReleases(directory);
  store.add({ manifest: signedManifest(4, "1.4.0"), releasedAt: DAY });
  throwsStoreError(() => store.add({ manifest: signedManifest(4, "1.4.0"), releasedAt: DAY }), "releaseOld");
  assert.equal(
    store.releases.list().map(({ content }) => content.sequenceNumber),
    [1, 2, 3, 4],
  );
  store.close();
});

test("a sealed way back is served to nobody: not as current, not for its running image, not by its digest", () => {
  const store = withTwoReleases(scratch());
  const [back] = store.releases.waysBack("pump", "1.3.0");
  assert.is(back!.offeredAt, undefined);
  assert.is(store.releases.wayBack("pump", undefined, imageDigest("1.3.0")), undefined);
  assert.is(store.releases.byDigest("pump", back!.digest.subarray(0, 8)), undefined);
  store.close();
});

test("an operator offers the way back: devices on the new image get it, and the new one is current no longer", () => {
  const store = withTwoReleases(scratch());
  assert.equal(store.offerWayBack("pump", "1.3.0", DAY + 2), { offeredCount: 1, withdrawnCount: 1, version: "1.2.0" });
  const back = store.releases.wayBack("pump", undefined, imageDigest("1.3.0"))!;
  assert.equal([back.content.version, back.content.sequenceNumber, back.backFrom], ["1.2.0", 3, "1.3.0"]);
  assert.equal(back.riot, toUtf8("riot"));
  assert.is(store.releases.wayBack("pump", undefined, imageDigest("1.2.0")), undefined);
  assert.is(store.releases.current("pump", undefined)?.content.version, "1.2.0");
  assert.equal(store.offerWayBack("pump", "1.3.0", DAY + 3), { offeredCount: 0, withdrawnCount: 0, version: "1.2.0" });
  store.close();
});

test("no way back from what was never released, or what has none", () => {
  const store = withTwoReleases(scratch());
  throwsStoreError(() => store.offerWayBack("pump", "9.9", DAY), "releaseUnknown");
  throwsStoreError(() => store.offerWayBack("pump", "1.2.0", DAY), "noWayBack");
  store.close();
});

test("a manifest that cannot be read, and a trust root of another product, is refused", () => {
  const store = ReleaseStore.open(scratch());
  throwsStoreError(() => store.add({ manifest: toUtf8("no manifest"), releasedAt: DAY }), "manifest");
  throwsStoreError(() => store.add({ manifest: signedTrustRoot(1), releasedAt: DAY }), "manifest");
  const trustRoot = signedTrustRoot(1, { product: "valve" });
  throwsStoreError(() => store.add({ manifest: signedManifest(1, "1"), trustRoot, releasedAt: DAY }), "manifest");
  store.addTrustRoot(trustRoot, DAY);
  assert.equal(store.trustRoots.newest("valve"), trustRoot);
  throwsStoreError(() => store.addTrustRoot(trustRoot, DAY), "releaseOld");
  store.close();
});

test("a class is what was said of it last", () => {
  const directory = scratch();
  const store = ReleaseStore.open(directory);
  store.classes.set({ product: "pump", name: "outdoor", profile: ["log", "ctr"], encryptTo: Uint8Array.of(1) });
  store.classes.set({ product: "pump", name: "outdoor", profile: ["log"] });
  store.classes.set({ product: "pump", name: "indoor", profile: [] });
  const outdoor = { product: "pump", name: "outdoor", profile: ["log"], encryptTo: undefined };
  assert.equal(store.classes.find("pump", "outdoor"), outdoor);
  assert.equal(
    store.classes.list().map(({ name }) => name),
    ["indoor", "outdoor"],
  );
  throwsStoreError(() => store.classes.set({ product: "pump", name: "a b", profile: [] }), "className");
  throwsStoreError(() => store.classes.set({ product: "a/b", name: "x", profile: [] }), "imageName");
  store.close();
});

test("power lost at any moment of a release leaves all of it or nothing", () => {
  const directory = scratch();
  const store = ReleaseStore.open(directory);
  store.add({ manifest: signedManifest(1, "1.2.0"), releasedAt: DAY });
  store.close();
  const again = withReleaseTwo(directory);
  const [database, log] = ["", "-wal"].map((suffix) => readFileSync(join(directory, `releases.db${suffix}`)));
  again.close();
  let wholeCount = 0;
  const cuts = Array.from({ length: Math.ceil(log!.length / 509) }, (_, i) => 509 * i);
  for (const cut of [...cuts, log!.length]) {
    const place = join(directory, `cut-${cut}`);
    mkdirSync(place, { mode: 0o700 });
    for (const [name, bytes] of [
      ["releases.db", database!],
      ["releases.db-wal", log!.subarray(0, cut)],
    ] as const) {
      writeFileSync(join(place, name), bytes, { mode: 0o600 });
    }
    const found = ReleaseStore.open(place);
    const count = found.releases.list().length;
    assert.ok(count === 1 || count === 3, `${count} releases after ${cut} bytes`);
    assert.is(found.trustRoots.newest("pump") !== undefined, count === 3);
    if (count === 3) wholeCount++;
    found.close();
  }
  assert.ok(wholeCount > 0);
});

/** Opened, with a release in its log. */
function withReleaseTwo(directory: string): ReleaseStore {
  const store = ReleaseStore.open(directory);
  const back = signedManifest(3, "1.2.0", { forRunning: imageDigest("1.3.0") });
  const more = { wayBack: { manifest: back }, trustRoot: signedTrustRoot(1) };
  store.add({ manifest: signedManifest(2, "1.3.0"), ...more, releasedAt: DAY });
  return store;
}

test("what a key has signed is withdrawn with it: releases, sealed ways back and offered ones; others stay", () => {
  const store = withTwoReleases(scratch());
  const other = signedManifest(4, "1.4.0", {}, OTHER_ED25519_PAIR.signing);
  store.add({ manifest: other, releasedAt: DAY + 2 });
  assert.equal(store.releases.withheld(), []);
  assert.is(store.withdrawSignedBy(MAKER.keyId, DAY + 3), 3);
  assert.is(store.withdrawSignedBy(MAKER.keyId, DAY + 4), 0);
  assert.is(store.releases.current("pump", undefined)!.content.version, "1.4.0");
  assert.equal(
    store.releases.withheld().map(({ version }) => version),
    ["1.2.0", "1.3.0"],
  );
  throwsStoreError(() => store.offerWayBack("pump", "1.3.0", DAY + 5), "noWayBack");
  assert.is(store.releases.byDigest("pump", sha256(signedManifest(2, "1.3.0"))), undefined);
  store.add({ manifest: signedManifest(5, "1.3.0", {}, OTHER_ED25519_PAIR.signing), releasedAt: DAY + 6 });
  assert.equal(
    store.releases.withheld().map(({ version }) => version),
    ["1.2.0"],
  );
  store.close();
});

test.run();
