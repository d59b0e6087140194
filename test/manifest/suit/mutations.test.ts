// Whatever bytes come, the decoders give a value or a reason and never throw, and what they read can be tried and explained.

import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { explainEnvelope } from "../../../src/cli/inspect/envelope-words.ts";
import { decodeEncryptionInfo } from "../../../src/manifest/cose-encrypt.ts";
import { decodeSign1, EXTERNAL_AAD, signSign1 } from "../../../src/manifest/cose-sign1.ts";
import { decodeEnvelope } from "../../../src/manifest/suit/envelope.ts";
import { tryManifest } from "../../../src/manifest/suit/interpreter.ts";
import { decodeManifest } from "../../../src/manifest/suit/manifest.ts";
import { authenticateRiot } from "../../../src/manifest/suit/riot-authentication.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { ED25519_PAIR } from "../../support/signing-keys.ts";
import { ENCRYPTED_MANIFEST_EXAMPLES, ENCRYPTION_EXAMPLES } from "../../vectors/suit-encryption.ts";
import { SUIT_EXAMPLES } from "../../vectors/suit-manifests.ts";

const test = suite("suit/mutations");

const ENVELOPES = [...SUIT_EXAMPLES, ...ENCRYPTED_MANIFEST_EXAMPLES].map(({ envelope }) => envelope);

/** One of these with some bytes changed, cut off somewhere, or bytes of no sense. */
function mutated(examples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(), fc.nat(255));
  const changed = fc
    .tuple(fc.constantFrom(...examples), fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(30))
    .map(([example, changes, cut]) => {
      const bytes = example.slice(0, cut < 25 ? example.length : cut * 10);
      for (const [at, byte] of changes) bytes[at % Math.max(1, bytes.length)] = byte;
      return bytes;
    });
  return fc.oneof({ weight: 9, arbitrary: changed }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) });
}

const OPTIONS = { seed: 11, numRuns: 300 };

test("envelopes: read, explained and refused without a throw", () => {
  fc.assert(
    fc.property(mutated(ENVELOPES), (bytes) => {
      explainEnvelope(CRYPTO, bytes);
      authenticateRiot(CRYPTO, bytes, [ED25519_PAIR.verification]);
    }),
    OPTIONS,
  );
});

const MANIFESTS = ENVELOPES.map((bytes) => {
  const envelope = decodeEnvelope(bytes);
  return envelope.ok ? envelope.value.manifest : bytes;
});

test("manifests: what is read is tried, on a device that has all that it could name", () => {
  let tried = 0;
  fc.assert(
    fc.property(mutated(MANIFESTS), (bytes) => {
      const manifest = decodeManifest(bytes);
      if (!manifest.ok) return;
      const components = manifest.value.components.map((id) => ({ id, capacity: 1000, content: bytes, slot: 1 }));
      const ids = { vendorId: VENDOR, classId: CLASS, sequenceNumber: -1 };
      tryManifest(
        CRYPTO,
        manifest.value,
        { severed: new Map(), payloads: new Map() },
        { ...ids, components, fetch: () => bytes },
      );
      tried++;
    }),
    OPTIONS,
  );
  assert.ok(tried > 40, `${tried}`);
});

/** Of the draft's examples, so that most commands are reached. */
const [VENDOR, CLASS] = [
  Buffer.from("fa6b4a53d5ad5fdfbe9de663e4d41ffe", "hex"),
  Buffer.from("1492af1425695e48bf429b2d51f2ab45", "hex"),
];

test("COSE_Encrypt and COSE_Sign1: read or refused", () => {
  const sign1 = signSign1(ED25519_PAIR.signing, VENDOR, EXTERNAL_AAD.ticket);
  fc.assert(
    fc.property(mutated([...ENCRYPTION_EXAMPLES.map(({ info }) => info), sign1]), (bytes) => {
      decodeEncryptionInfo(bytes);
      decodeSign1(bytes);
    }),
    OPTIONS,
  );
});

test.run();
