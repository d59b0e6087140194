// One release in three formats, followed by a device of each.

import { createHash } from "node:crypto";
import { decode, type Tag } from "cbor2";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOfLatin1, toUtf8 } from "../../../src/base/bytes.ts";
import { trialWords } from "../../../src/cli/inspect/trial-words.ts";
import { encodeEncryptionInfo } from "../../../src/manifest/cose-encrypt.ts";
import type { NativeManifest } from "../../../src/manifest/native-manifest.ts";
import { encryptPayload } from "../../../src/manifest/payload-encryption.ts";
import { authenticate } from "../../../src/manifest/suit/authentication.ts";
import { decodeEnvelope } from "../../../src/manifest/suit/envelope.ts";
import { tryManifest } from "../../../src/manifest/suit/interpreter.ts";
import { decodeManifest, type Manifest } from "../../../src/manifest/suit/manifest.ts";
import type { ModelDevice } from "../../../src/manifest/suit/model-device.ts";
import { signedRiotEnvelope, signedSuitEnvelope, suitReleaseOf } from "../../../src/manifest/suit/release-envelope.ts";
import { riotFault } from "../../../src/manifest/suit/riot-envelope.ts";
import { suitManifest } from "../../../src/manifest/suit/template.ts";
import { classUuid, vendorUuid } from "../../../src/manifest/suit/uuid.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { riotUpdate } from "../../support/riot-device.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { ED25519_PAIR, ES256_PAIR, type KeyPair } from "../../support/signing-keys.ts";
import { RECIPIENT_PRIVATE_KEY, RECIPIENT_PUBLIC_KEY } from "../../vectors/suit-encryption.ts";

const test = suite("suit/release-envelope");

const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash("sha1").update(bytes).digest());
const sha256 = (bytes: Uint8Array) => bytesOfLatin1(CRYPTO.sha256(bytes));
const vendorId = vendorUuid(sha1, "example.com");
const ADDRESS = { vendorId, classId: classUuid(sha1, vendorId, "pump"), root: "coaps://updates.example.com" };
const IMAGE = toUtf8("the image of a pump");

const NATIVE: NativeManifest = {
  sequenceNumber: 8,
  product: "pump",
  version: "1.3.0",
  sha256: sha256(IMAGE),
  size: IMAGE.length,
  path: "/fw/pump/1.3.0",
};

const DEVICE: ModelDevice = {
  ...ADDRESS,
  sequenceNumber: 7,
  components: [{ id: [Uint8Array.of(0)], capacity: 1000, version: [1, 2, 0] }],
  fetch: (uri) => (uri === "coaps://updates.example.com/fw/pump/1.3.0" ? IMAGE : undefined),
};
const SPOKEN = "a device of class pump that runs 1.2.0";

test("a way back: only what has the image that it leads away from takes it", () => {
  const after = toUtf8("what the pump runs now");
  const forRunning = { sha256: sha256(after), size: after.length };
  const manifest = suitManifest(suitReleaseOf(NATIVE, ADDRESS, { forRunning }));
  const parts = { severed: new Map(), payloads: new Map() };
  const holding = (content: Uint8Array) => ({ ...DEVICE, components: [{ ...DEVICE.components[0]!, content }] });
  const trial = tryManifest(CRYPTO, manifest, parts, holding(after));
  assert.ok(trial.accepted, JSON.stringify(trial));
  assert.equal(trial.contents[0], IMAGE);
  const refused = trialWords(SPOKEN, tryManifest(CRYPTO, manifest, parts, holding(toUtf8("something else"))));
  assert.match(refused, /would refuse this: install, command 2, image-match: /);
});

function manifestIn(bytes: Uint8Array, pair: KeyPair): Manifest {
  const envelope = decodeEnvelope(bytes);
  assert.ok(envelope.ok);
  assert.ok(authenticate(CRYPTO, envelope.value, { verification: [pair.verification] }).ok);
  const manifest = decodeManifest(envelope.value.manifest);
  assert.ok(manifest.ok);
  return manifest.value;
}

function tried(manifest: Manifest, device: ModelDevice): string {
  return trialWords(SPOKEN, tryManifest(CRYPTO, manifest, { severed: new Map(), payloads: new Map() }, device));
}

for (const pair of [ED25519_PAIR, ES256_PAIR]) {
  test(`${pair.signing.algorithm}: a release in SUIT is signed, read and accepted`, () => {
    const envelope = signedSuitEnvelope(CRYPTO, pair.signing, suitReleaseOf(NATIVE, ADDRESS));
    assert.is(tried(manifestIn(envelope, pair), DEVICE), `${SPOKEN} would accept this`);
  });

  test(`${pair.signing.algorithm}: a second library reads our envelope down to its commands`, () => {
    const envelope = signedSuitEnvelope(CRYPTO, pair.signing, suitReleaseOf(NATIVE, ADDRESS), "polymorphic");
    const outer = decode(envelope, { cde: true }) as Tag;
    const map = outer.contents as Map<number, Uint8Array>;
    assert.equal([outer.tag, [...map.keys()]], [107, [2, 3]]);
    const [digest, block] = decode(map.get(2)!, { cde: true }) as [Uint8Array, Uint8Array];
    const [header] = (decode(block, { cde: true }) as Tag).contents as [Uint8Array];
    const number = pair.signing.algorithm === "es256" ? -7 : -8;
    assert.equal(decode(header, { cde: true, preferMap: true }), new Map([[1, number]]));
    const [algorithm, bytes] = decode(digest, { cde: true }) as [number, Uint8Array];
    const wrapped = Buffer.concat([lengthHead(map.get(3)!.length), map.get(3)!]);
    assert.equal([algorithm, Buffer.from(bytes)], [-16, createHash("sha256").update(wrapped).digest()]);
    const manifest = decode(map.get(3)!, { cde: true, preferMap: true }) as Map<number, Uint8Array>;
    assert.equal([...manifest.keys()], [1, 2, 3, 7, 9, 20]);
    const install = decode(manifest.get(20)!, { cde: true, preferMap: true });
    assert.equal(install, [20, new Map([[21, `${ADDRESS.root}${NATIVE.path}`]]), 21, 10, 3, 10]);
    assert.equal(decode(manifest.get(7)!, { cde: true }), [3, 10]);
    assert.equal(decode(manifest.get(9)!, { cde: true }), [23, 10]);
  });
}

/** Of a byte string of 24 to 65,535 bytes. */
function lengthHead(length: number): Buffer {
  return length < 256 ? Buffer.from([0x58, length]) : Buffer.from([0x59, length >> 8, length & 0xff]);
}

test("where the release is not what the server has, the line says which command refuses", () => {
  const manifest = suitManifest(suitReleaseOf(NATIVE, ADDRESS));
  assert.is(
    tried(manifest, { ...DEVICE, fetch: () => undefined }),
    `${SPOKEN} would refuse this: install, command 2, fetch: there is nothing at ${ADDRESS.root}${NATIVE.path}`,
  );
  assert.is(
    tried(manifest, { ...DEVICE, classId: vendorId }),
    `${SPOKEN} would refuse this: install, shared command 3, class-identifier: the device is of another class`,
  );
  assert.match(
    tried(manifest, { ...DEVICE, sequenceNumber: 8 }),
    /would refuse this: manifest: its sequence number is 8/,
  );
});

test("an encrypted release is opened on the way into its component", () => {
  const recipients = [{ kind: "ecdhEs", publicKey: RECIPIENT_PUBLIC_KEY }] as const;
  const { info, ciphertext } = encryptPayload(CRYPTO, new SeededRandom(3), IMAGE, recipients, "a128gcm");
  const release = suitReleaseOf(NATIVE, ADDRESS);
  const images = release.images.map((image) => ({ ...image, encryptionInfo: encodeEncryptionInfo(info) }));
  const envelope = signedSuitEnvelope(CRYPTO, ED25519_PAIR.signing, { ...release, images });
  const device: ModelDevice = { ...DEVICE, fetch: () => ciphertext };
  const ownKey = { kind: "ecdhEs", privateKey: RECIPIENT_PRIVATE_KEY } as const;
  assert.is(tried(manifestIn(envelope, ED25519_PAIR), { ...device, ownKey }), `${SPOKEN} would accept this`);
  assert.match(tried(manifestIn(envelope, ED25519_PAIR), device), /the device has no key/);
});

test("RIOT's devices follow the same release", () => {
  const release = suitReleaseOf(NATIVE, { ...ADDRESS, root: "coap://[fd00::1]" });
  assert.is(riotFault(release, "ed25519"), undefined);
  const device = {
    spki: ED25519_PAIR.signing.spki,
    ...ADDRESS,
    sequenceNumber: 7,
    otherSlotOffset: 0,
    fetch: () => IMAGE,
  };
  const envelope = signedRiotEnvelope(CRYPTO, ED25519_PAIR.signing, release);
  assert.equal(riotUpdate(device, envelope), { result: 0, installed: IMAGE });
});

test.run();
