// The six examples of the draft: read, verified and written again.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../../src/base/bytes.ts";
import type { Result } from "../../../src/base/result.ts";
import { authenticate, severedFault } from "../../../src/manifest/suit/authentication.ts";
import { encodeSequence } from "../../../src/manifest/suit/command-sequence.ts";
import { decodeEnvelope, encodeEnvelope } from "../../../src/manifest/suit/envelope.ts";
import {
  decodeManifest,
  decodeSeveredSequence,
  decodeSeveredText,
  encodeManifest,
  encodeText,
} from "../../../src/manifest/suit/manifest.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { ES256_PAIR } from "../../support/signing-keys.ts";
import { DEPENDENT_ENVELOPE, ENCRYPTED_MANIFEST_EXAMPLES, MAC_KEY } from "../../vectors/suit-encryption.ts";
import { SUIT_EXAMPLE_KEY, SUIT_EXAMPLES } from "../../vectors/suit-manifests.ts";

const test = suite("suit/examples");

const signing = CRYPTO.signingKey(SUIT_EXAMPLE_KEY)!;
const key = CRYPTO.verificationKey(signing.spki)!;
const TEXT = 23;

function read<Value>(result: Result<Value, unknown>): Value {
  assert.ok(result.ok, result.ok ? "" : JSON.stringify(result.error));
  return result.value;
}

for (const { name, envelope: bytes } of SUIT_EXAMPLES) {
  test(`${name}: is read, and written again byte for byte`, () => {
    const envelope = read(decodeEnvelope(bytes));
    const manifest = encodeManifest(read(decodeManifest(envelope.manifest)));
    const severed = [...envelope.severed].map(([section, content]) => {
      const again =
        section === TEXT
          ? encodeText(read(decodeSeveredText(content)))
          : encodeSequence(read(decodeSeveredSequence(content, section)));
      return [section, again] as const;
    });
    assert.is(toHex(encodeEnvelope({ ...envelope, manifest, severed: new Map(severed) })), toHex(bytes));
  });

  test(`${name}: is signed by the draft's key and by no other`, () => {
    const envelope = read(decodeEnvelope(bytes));
    assert.is(read(authenticate(CRYPTO, envelope, { verification: [ES256_PAIR.verification, key] })), key);
    assert.is(severedFault(CRYPTO, envelope, read(decodeManifest(envelope.manifest))), undefined);
    const by = authenticate(CRYPTO, envelope, { verification: [ES256_PAIR.verification] });
    assert.is(by.ok ? "ok" : by.error.reason, "signatureWrong");
  });

  test(`${name}: with a byte changed, any of a short one, it is refused`, () => {
    const step = bytes.length < 250 ? 1 : 13;
    for (let at = 0; at < bytes.length; at += step) {
      const changed = bytes.slice();
      changed[at]! ^= 0x01;
      assert.not(isAccepted(changed), `byte ${at}`);
    }
  });
}

for (const { name, envelope: bytes } of ENCRYPTED_MANIFEST_EXAMPLES) {
  test(`${name}: is read, verified and written again byte for byte`, () => {
    const envelope = read(decodeEnvelope(bytes));
    const manifest = encodeManifest(read(decodeManifest(envelope.manifest)));
    assert.is(toHex(encodeEnvelope({ ...envelope, manifest })), toHex(bytes));
    const by = read(authenticate(CRYPTO, envelope, { verification: [key], mac: [MAC_KEY] }));
    assert.is(by, name.includes("aes-kw") ? "mac" : key);
    const other = authenticate(CRYPTO, envelope, { verification: [], mac: [new Uint8Array(32)] });
    assert.is(other.ok ? "ok" : other.error.reason, name.includes("aes-kw") ? "signatureWrong" : "keyUnknown");
  });
}

test("a manifest that needs another one is refused by the number that says so", () => {
  const envelope = read(decodeEnvelope(DEPENDENT_ENVELOPE));
  const manifest = decodeManifest(envelope.manifest);
  assert.match(manifest.ok ? "read" : manifest.error.reason, /common has an unknown key as 1/);
});

function isAccepted(bytes: Uint8Array): boolean {
  const envelope = decodeEnvelope(bytes);
  if (!envelope.ok || !authenticate(CRYPTO, envelope.value, { verification: [key] }).ok) return false;
  const manifest = decodeManifest(envelope.value.manifest);
  return manifest.ok && severedFault(CRYPTO, envelope.value, manifest.value) === undefined;
}

test.run();
