// Each decision has its entry: keys, releases, ways back and trust roots in one registry, in the order in which they were made.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeCbor } from "../../src/cbor/encode-cbor.ts";
import { decodeEntry, EntryKind, type LogEntry } from "../../src/registry/log-entry.ts";
import { ReleaseStore } from "../../src/release-store/release-store.ts";
import { TrustStore } from "../../src/trust-store/trust-store.ts";
import { scratchDirectories, throwsStoreError } from "../store/scratch-directory.ts";
import { imageDigest, MAKER, sha256, signedManifest, signedTrustRoot } from "../support/releases.ts";
import { START } from "./scene.ts";

const decisions = suite("decisions in the registry");
const scratch = scratchDirectories(decisions);

function entriesOf({ registry }: ReleaseStore): LogEntry[] {
  return registry.rows.entries(0, registry.rows.size()).map(({ bytes }) => {
    const entry = decodeEntry(bytes);
    assert.ok(entry.ok);
    return entry.value;
  });
}

decisions(
  "a key, a release with its way back and trust root, the way back opened, the key revoked: each has its entry",
  () => {
    const directory = scratch();
    const trust = TrustStore.open(directory);
    const releases = ReleaseStore.open(directory);
    const manifest = signedManifest(2, "2.0.0");
    const wayBack = signedManifest(3, "1.0.0", { forRunning: imageDigest("2.0.0") });
    const trustRoot = signedTrustRoot(1);
    assert.ok(trust.add(MAKER, "maker", "pump", START));
    assert.not(trust.add(MAKER, "maker", "pump", START));
    assert.ok(trust.add(MAKER, "maker", "valve", START));
    releases.add({ manifest, wayBack: { manifest: wayBack }, trustRoot, releasedAt: START + 1_000 });
    assert.is(releases.offerWayBack("pump", "2.0.0", START + 2_000).offeredCount, 1);
    assert.is(releases.offerWayBack("pump", "2.0.0", START + 2_500).offeredCount, 0);
    trust.revoke(Buffer.from(MAKER.keyId).toString("hex"), START + 3_000);
    const seconds = START / 1_000;
    const [pump, valve] = ["pump", "valve"].map((product) => sha256(encodeCbor(["maker", product, MAKER.spki])));
    assert.equal(entriesOf(releases), [
      { kind: EntryKind.KEY_ADDED, time: seconds, digest: pump },
      { kind: EntryKind.KEY_ADDED, time: seconds, digest: valve },
      { kind: EntryKind.RELEASE, time: seconds + 1, digest: sha256(manifest) },
      { kind: EntryKind.WAY_BACK_SEALED, time: seconds + 1, digest: sha256(wayBack) },
      { kind: EntryKind.TRUST_ROOT, time: seconds + 1, digest: sha256(trustRoot) },
      { kind: EntryKind.WAY_BACK_OPENED, time: seconds + 2, digest: sha256(wayBack) },
      { kind: EntryKind.KEY_REVOKED, time: seconds + 3, digest: pump },
      { kind: EntryKind.KEY_REVOKED, time: seconds + 3, digest: valve },
    ]);
    trust.close();
    releases.close();
  },
);

decisions("what is refused leaves no entry", () => {
  const releases = ReleaseStore.open(scratch());
  releases.add({ manifest: signedManifest(2, "2.0.0"), releasedAt: START });
  const old = { manifest: signedManifest(1, "1.0.0"), trustRoot: signedTrustRoot(1), releasedAt: START };
  throwsStoreError(() => releases.add(old), "releaseOld");
  const late = {
    manifest: signedManifest(3, "3.0.0"),
    trustRoot: signedTrustRoot(1, { product: "valve" }),
    releasedAt: START,
  };
  throwsStoreError(() => releases.add(late), "manifest");
  assert.is(entriesOf(releases).length, 1);
  releases.close();
});

decisions.run();
