import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../../src/base/bytes.ts";
import { explainSign1, isSign1 } from "../../../src/cli/inspect/sign1-words.ts";
import { EXTERNAL_AAD, signSign1 } from "../../../src/manifest/cose-sign1.ts";
import { encodeNativeManifest, type NativeManifest } from "../../../src/manifest/native-manifest.ts";
import { encodeTrustRoot } from "../../../src/manifest/trust-root.ts";
import { ED25519_PAIR } from "../../support/signing-keys.ts";

const test = suite("sign1-words");

const { signing } = ED25519_PAIR;
const MANIFEST: NativeManifest = {
  sequenceNumber: 8,
  product: "pump",
  version: "1.3.0",
  sha256: new Uint8Array(32).fill(0xab),
  size: 1000,
  path: "/fw/pump/1.3.0",
};

function linesOf(manifest: NativeManifest): readonly string[] {
  return explainSign1(signSign1(signing, encodeNativeManifest(manifest), EXTERNAL_AAD.manifest)).lines;
}

test("a manifest in words, and by which key", () => {
  const [signed, ...lines] = linesOf(MANIFEST);
  assert.match(signed!, /^signed with ed25519 by the key [0-9a-f]{16}…, not checked/);
  assert.equal(lines, [
    "manifest of pump 1.3.0, with the sequence number 8",
    "for every device of the product",
    `image /fw/pump/1.3.0, 1000 bytes, SHA-256 ${"ab".repeat(32)}`,
    "for ever",
  ]);
});

test("a way back for a class, with its end and its counter", () => {
  const forRunning = new Uint8Array(32).fill(1);
  const more = { class: "outdoor", forRunning, securityCounter: 3, notAfter: 1_800_000_000 };
  const lines = linesOf({ ...MANIFEST, ...more });
  assert.equal(lines[2], "for the class outdoor");
  assert.match(lines[3]!, /^on devices that run the image with the SHA-256 0101.*: a way back$/);
  assert.equal(lines.slice(-2), ["with the security counter 3", "until 2027-01-15T08:00:00.000Z"]);
});

test("a trust root in words", () => {
  const { spki } = signing;
  const keys = [{ role: "server", spki }] as const;
  const root = { number: 2, product: "pump", notAfter: 1_800_000_000, keys, servers: ["coaps://host"] };
  const { lines, faults } = explainSign1(signSign1(signing, encodeTrustRoot(root), EXTERNAL_AAD.trustRoot));
  assert.equal(faults, []);
  assert.equal(lines[1], "trust root of pump, number 2, until 2027-01-15T08:00:00.000Z");
  assert.match(lines[2]!, /^server: 302a/);
  assert.equal(lines[3], "at coaps://host");
});

test("another payload, and bytes that only begin so, are faults", () => {
  const other = signSign1(signing, toUtf8("?"), EXTERNAL_AAD.ticket);
  assert.ok(isSign1(other));
  assert.match(explainSign1(other).faults[0]!, /neither a manifest/);
  assert.equal(explainSign1(Uint8Array.of(0xd2, 0x84)).lines, []);
});

test.run();
