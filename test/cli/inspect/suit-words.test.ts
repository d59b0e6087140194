import { suite } from "uvu";
import * as assert from "uvu/assert";
import { explainEnvelope } from "../../../src/cli/inspect/envelope-words.ts";
import { explainManifest } from "../../../src/cli/inspect/suit-words.ts";
import { decodeEnvelope, encodeEnvelope } from "../../../src/manifest/suit/envelope.ts";
import type { Parameters } from "../../../src/manifest/suit/parameters.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { ENCRYPTED_MANIFEST_EXAMPLES } from "../../vectors/suit-encryption.ts";
import { SUIT_EXAMPLES } from "../../vectors/suit-manifests.ts";

const test = suite("suit-words");

test("the draft's A/B example in words", () => {
  const { lines, faults } = explainEnvelope(CRYPTO, SUIT_EXAMPLES[3]!.envelope);
  assert.equal(faults, []);
  assert.equal(lines.slice(-14), [
    "install:",
    "  try:",
    "    set the slot 0",
    "    stop unless the component is in this slot",
    "    set the URI http://example.com/file1.bin",
    "  or else:",
    "    set the slot 1",
    "    stop unless the component is in this slot",
    "    set the URI http://example.com/file2.bin",
    "  or else stop",
    "  fetch the component from this URI",
    "  stop unless the component has this digest",
    "validate:",
    "  stop unless the component has this digest",
  ]);
});

test("what was cut out of a manifest and stands beside it is explained there", () => {
  const { lines, faults } = explainEnvelope(CRYPTO, SUIT_EXAMPLES[2]!.envelope);
  assert.equal(faults, []);
  assert.ok(lines.includes("install, from beside the manifest:"));
  assert.ok(lines.includes("    vendor domain: arm.com"));
});

test("what was cut out and is not there is named by its digest", () => {
  const envelope = decodeEnvelope(SUIT_EXAMPLES[2]!.envelope);
  assert.ok(envelope.ok);
  const { lines } = explainEnvelope(CRYPTO, encodeEnvelope({ ...envelope.value, severed: new Map() }));
  assert.ok(lines.some((line) => line.startsWith("install: cut out, SHA-256 cfa90c5c")));
  assert.ok(lines.some((line) => line.startsWith("text: cut out, SHA-256 302196d4")));
});

test("an encrypted image and its source in words", () => {
  const { lines } = explainEnvelope(CRYPTO, ENCRYPTED_MANIFEST_EXAMPLES[2]!.envelope);
  assert.equal(lines[0], "signed with a MAC (algorithm 5), not checked: that takes the key");
  assert.equal(lines.slice(-3), [
    "  set an encryption, 62 bytes of COSE_Encrypt",
    "  set the source component 1",
    "  copy the source to the component",
  ]);
});

for (const [what, at, fault] of [
  ["in the manifest", 140, "the manifest is not the one that was signed"],
  ["in what stands beside it", 500, "beside the manifest is not what was signed"],
] as const) {
  test(`a byte changed ${what} is a fault without any key`, () => {
    const changed = SUIT_EXAMPLES[2]!.envelope.slice();
    changed[at]! ^= 1;
    assert.ok(explainEnvelope(CRYPTO, changed).faults.some((text) => text.includes(fault)));
  });
}

test("draft 8.1: numbers that are longer than needed are noted", () => {
  const { envelope } = SUIT_EXAMPLES[0]!;
  // d8 6b a2 is the tag and a map of two; b8 02 is the same map in two bytes.
  const longer = Uint8Array.of(...envelope.subarray(0, 2), 0xb8, 0x02, ...envelope.subarray(3));
  assert.match(explainEnvelope(CRYPTO, longer).lines.at(-1)!, /8\.1/);
  assert.not.match(explainEnvelope(CRYPTO, envelope).lines.at(-1)!, /8\.1/);
});

test("what is no envelope is a fault and nothing else", () => {
  assert.equal(explainEnvelope(CRYPTO, Uint8Array.of(0xd8, 0x6b, 0xa0)).lines, []);
});

/** The line of the one command that sets these. */
function spoken(parameters: Parameters): string {
  const sharedSequence = [{ kind: "overrideParameters", parameters }] as const;
  return explainManifest({ sequenceNumber: 1, components: [[]], sharedSequence, sequences: new Map() }).at(-1)!;
}

for (const [parameters, line] of [
  [{ useBefore: 1_800_000_000 }, "  set the end of its use 2027-01-15T08:00:00.000Z"],
  [{ useBefore: Number.MAX_SAFE_INTEGER }, "  set the end of its use 9007199254740991 s after 1970"],
  [{ version: { comparison: ">=", version: [1, 2, 0, -2] } }, "  set a version >= 1.2.0-beta"],
  [{ minimumBattery: 40 }, "  set a battery of at least 40 %"],
  [{ softFailure: true }, "  set that a condition that fails ends its sequence alone"],
  [{ uri: "coap://a\u001b[2J\n/b" }, "  set the URI coap://a[2J"],
] as const) {
  test(`"${line.trim()}"`, () => {
    assert.is(spoken(parameters), line);
  });
}

test.run();
