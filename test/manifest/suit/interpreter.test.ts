import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOfLatin1, toHex, toUtf8 } from "../../../src/base/bytes.ts";
import { encodeEncryptionInfo } from "../../../src/manifest/cose-encrypt.ts";
import { encryptPayload } from "../../../src/manifest/payload-encryption.ts";
import { authenticate, signEnvelope } from "../../../src/manifest/suit/authentication.ts";
import type { CommandSequence } from "../../../src/manifest/suit/command-sequence.ts";
import { decodeEnvelope, encodeEnvelope } from "../../../src/manifest/suit/envelope.ts";
import { STEPS_MAX, type Trial, tryManifest } from "../../../src/manifest/suit/interpreter.ts";
import { decodeManifest, encodeManifest, type Manifest } from "../../../src/manifest/suit/manifest.ts";
import type { ModelDevice } from "../../../src/manifest/suit/model-device.ts";
import { type SuitRelease, suitManifest } from "../../../src/manifest/suit/template.ts";
import { classUuid, vendorUuid } from "../../../src/manifest/suit/uuid.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { ED25519_PAIR } from "../../support/signing-keys.ts";
import {
  ENCRYPTED_MANIFEST_EXAMPLES,
  KEY_ENCRYPTION_KEY,
  PLAINTEXT,
  RECIPIENT_PRIVATE_KEY,
} from "../../vectors/suit-encryption.ts";
import { SUIT_EXAMPLES } from "../../vectors/suit-manifests.ts";

const test = suite("suit/interpreter");

const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash("sha1").update(bytes).digest());
const sha256 = (bytes: Uint8Array) => bytesOfLatin1(CRYPTO.sha256(bytes));
const VENDOR = vendorUuid(sha1, "example.com");
const CLASS = classUuid(sha1, VENDOR, "pump");
const [OLD, NEW, OTHER] = [toUtf8("old image"), toUtf8("new image"), toUtf8("another image")];
const URI = "coaps://host/fw/pump/1.3.0";
const NO_PARTS = { severed: new Map(), payloads: new Map() };

const DEVICE: ModelDevice = {
  vendorId: VENDOR,
  classId: CLASS,
  sequenceNumber: 6,
  components: [{ id: [Uint8Array.of(0)], capacity: 1000, slot: 1, content: OLD, version: [1, 2, 0] }],
  fetch: (uri) => (uri === URI ? NEW : undefined),
};

const RELEASE: SuitRelease = {
  sequenceNumber: 7,
  vendorId: VENDOR,
  classId: CLASS,
  images: [{ uri: URI, sha256: sha256(NEW), size: NEW.length }],
};

/** Of what a device reads: encoded and decoded again. */
function tried(manifest: Manifest, device: ModelDevice = DEVICE): Trial {
  const decoded = decodeManifest(encodeManifest(manifest));
  assert.ok(decoded.ok, JSON.stringify(decoded));
  return tryManifest(CRYPTO, decoded.value, NO_PARTS, device);
}

/** "accepted", or section, path, command and why. */
function spoken(trial: Trial): string {
  if (trial.accepted) return "accepted";
  const { section, path, command, why } = trial.refusal;
  return [section, path.join("."), command, why].filter((part) => part !== undefined && part !== "").join(" ");
}

test("draft 8.4.8.2: vendor and class of the draft's examples", () => {
  const vendor = vendorUuid(sha1, "arm.com");
  assert.is(toHex(vendor), "fa6b4a53d5ad5fdfbe9de663e4d41ffe");
});

test("a device of the class that runs an older version accepts a release", () => {
  const trial = tried(suitManifest(RELEASE));
  assert.equal(trial, { accepted: true, contents: [NEW], invoked: 0, notes: [] });
});

test("a release in its envelope is signed, read, verified and accepted", () => {
  const bytes = encodeEnvelope(signEnvelope(CRYPTO, encodeManifest(suitManifest(RELEASE)), ED25519_PAIR.signing));
  const envelope = decodeEnvelope(bytes);
  assert.ok(envelope.ok);
  assert.ok(authenticate(CRYPTO, envelope.value, { verification: [ED25519_PAIR.verification] }).ok);
  const manifest = decodeManifest(envelope.value.manifest);
  assert.ok(manifest.ok);
  assert.ok(tryManifest(CRYPTO, manifest.value, NO_PARTS, DEVICE).accepted);
});

for (const [what, device, refusal] of [
  [
    "another vendor's device",
    { ...DEVICE, vendorId: CLASS },
    "install 0.2 vendor-identifier the device is of another vendor",
  ],
  [
    "a device of another class",
    { ...DEVICE, classId: VENDOR },
    "install 0.3 class-identifier the device is of another class",
  ],
  [
    "a device that has it already",
    { ...DEVICE, sequenceNumber: 7 },
    "manifest its sequence number is 7, and the device followed 7 already",
  ],
  [
    "a server that has nothing there",
    { ...DEVICE, fetch: () => undefined },
    `install 2 fetch there is nothing at ${URI}`,
  ],
  [
    "a server that has another image there",
    { ...DEVICE, fetch: () => toUtf8("new imagE") },
    "install 3 image-match the component has another digest",
  ],
  [
    "a server that has a longer image there",
    { ...DEVICE, fetch: () => OTHER },
    "install 3 image-match the component holds 13 bytes, not 9",
  ],
  [
    "a device that is too small",
    { ...DEVICE, components: [{ ...DEVICE.components[0]!, capacity: 8 }] },
    "install 2 fetch 9 bytes, and the component holds 8",
  ],
  [
    "a device without such a component",
    { ...DEVICE, components: [{ id: [], capacity: 9 }] },
    "manifest the device has no component as its component 0",
  ],
] as const) {
  test(`${what}: the command that refuses is named`, () => {
    assert.is(spoken(tried(suitManifest(RELEASE), device)), refusal);
  });
}

const SLOTS: SuitRelease = {
  ...RELEASE,
  images: [
    { slot: 0, uri: "coaps://host/0", sha256: sha256(OTHER), size: OTHER.length },
    { slot: 1, uri: URI, sha256: sha256(NEW), size: NEW.length },
  ],
};

test("draft 7.7: of two images each slot takes its own, and a third slot none", () => {
  const fetch = (uri: string) => (uri === URI ? NEW : OTHER);
  const inSlot = (slot: number) => ({ ...DEVICE, fetch, components: [{ ...DEVICE.components[0]!, slot }] });
  assert.equal((tried(suitManifest(SLOTS), inSlot(1)) as { contents: unknown }).contents, [NEW]);
  assert.equal((tried(suitManifest(SLOTS), inSlot(0)) as { contents: unknown }).contents, [OTHER]);
  assert.is(
    spoken(tried(suitManifest(SLOTS), inSlot(2))),
    "install 0.2.2.2 component-slot the component is in slot 2, not in 1",
  );
});

const KNOWING = { now: 1000, battery: 50, isAuthorized: true };

for (const [what, conditions, state, refusal] of [
  ["a battery that suffices", { minimumBattery: 50 }, KNOWING, "accepted"],
  [
    "a battery that does not",
    { minimumBattery: 51 },
    KNOWING,
    "install 2 minimum-battery the battery has 50 %, not 51",
  ],
  ["the last second", { useBefore: 1001 }, KNOWING, "accepted"],
  [
    "the end of its use",
    { useBefore: 1000 },
    KNOWING,
    "install 2 use-before the time until which it may be used is over",
  ],
  ["a version that fits", { version: { comparison: ">=", version: [1, 2] } }, KNOWING, "accepted"],
  [
    "a version that does not",
    { version: { comparison: ">", version: [1, 2] } },
    KNOWING,
    "install 2 version the component has another version",
  ],
  [
    "a candidate that is older",
    { version: { comparison: "<", version: [1, 2, 0, -1] } },
    KNOWING,
    "install 2 version the component has another version",
  ],
  ["somebody who allowed it", { isAuthorized: true }, KNOWING, "accepted"],
  [
    "nobody who allowed it",
    { isAuthorized: true },
    { ...KNOWING, isAuthorized: false },
    "install 1 update-authorized nobody allowed the update",
  ],
  [
    "a class that knows nothing of this",
    { minimumBattery: 1 },
    undefined,
    "install 2 minimum-battery the device does not know minimum-battery",
  ],
] as const) {
  test(`update-management, ${what}`, () => {
    const device = state === undefined ? DEVICE : { ...DEVICE, updateManagement: state };
    assert.is(spoken(tried(suitManifest({ ...RELEASE, conditions }), device)), refusal);
  });
}

test("an encrypted release is accepted by whom it is for, and by nobody else", () => {
  const recipients = [{ kind: "a128kw", secret: KEY_ENCRYPTION_KEY }] as const;
  const { info, ciphertext } = encryptPayload(CRYPTO, new SeededRandom(2), NEW, recipients, "a128gcm");
  const [image] = RELEASE.images;
  const manifest = suitManifest({ ...RELEASE, images: [{ ...image!, encryptionInfo: encodeEncryptionInfo(info) }] });
  const fetch = () => ciphertext;
  const ownKey = { kind: "a128kw", secret: KEY_ENCRYPTION_KEY } as const;
  assert.is(spoken(tried(manifest, { ...DEVICE, fetch, ownKey })), "accepted");
  assert.is(
    spoken(tried(manifest, { ...DEVICE, fetch })),
    "install 2 fetch it is encrypted, and the device has no key",
  );
  const other = { kind: "a128kw", secret: new Uint8Array(16) } as const;
  assert.match(spoken(tried(manifest, { ...DEVICE, fetch, ownKey: other })), /wrapped under another one/);
  const changed = () => ciphertext.map((byte) => byte ^ 1);
  assert.match(spoken(tried(manifest, { ...DEVICE, fetch: changed, ownKey })), /changed since/);
});

test("the draft's encrypted manifests write the plaintext, for who has the key", () => {
  for (const [i, ownKey] of [
    [0, { kind: "a128kw", secret: KEY_ENCRYPTION_KEY }],
    [2, { kind: "a128kw", secret: KEY_ENCRYPTION_KEY }],
    [3, { kind: "ecdhEs", privateKey: RECIPIENT_PRIVATE_KEY }],
  ] as const) {
    const envelope = decodeEnvelope(ENCRYPTED_MANIFEST_EXAMPLES[i]!.envelope);
    assert.ok(envelope.ok);
    const manifest = decodeManifest(envelope.value.manifest);
    assert.ok(manifest.ok);
    const components = manifest.value.components.map((id) => ({ id, capacity: 100 }));
    // What the envelope with a fetch has at its URI is the ciphertext that another one holds.
    const fetch = () => CIPHERTEXT;
    const trial = tryManifest(CRYPTO, manifest.value, NO_PARTS, {
      ...DEVICE,
      sequenceNumber: 0,
      components,
      fetch,
      ownKey,
    });
    assert.ok(trial.accepted, spoken(trial));
    assert.equal(trial.contents[0], PLAINTEXT);
    assert.ok(trial.notes.includes("component 0 is written, and nothing checks what is in it then"));
  }
});

const CIPHERTEXT = ciphertextOf(ENCRYPTED_MANIFEST_EXAMPLES[0]!.envelope);

/** What the first example sets as content. */
function ciphertextOf(bytes: Uint8Array): Uint8Array {
  const at = toHex(bytes).indexOf("12582e") / 2 + 3;
  return bytes.slice(at, at + 0x2e);
}

test("the draft's examples are refused by a device that is not of their vendor", () => {
  const [example] = SUIT_EXAMPLES;
  const envelope = decodeEnvelope(example!.envelope);
  assert.ok(envelope.ok);
  const manifest = decodeManifest(envelope.value.manifest);
  assert.ok(manifest.ok);
  const refused = tryManifest(CRYPTO, manifest.value, NO_PARTS, { ...DEVICE, sequenceNumber: -1 });
  assert.is(spoken(refused), "validate 0.2 vendor-identifier the device is of another vendor");
});

/** Of a manifest with two components that runs this. */
function outcomeOf(install: CommandSequence, device: Partial<ModelDevice> = {}): Trial {
  const [one, two] = [[Uint8Array.of(0)], [Uint8Array.of(1)]];
  const components = [
    { id: one, capacity: 100, content: OLD },
    { id: two, capacity: 100, content: OTHER },
  ];
  const manifest = { sequenceNumber: 7, components: [one, two], sequences: new Map([[20, install]]) };
  return tried(manifest, { ...DEVICE, components, ...device });
}

const CHOOSE_0 = { kind: "setComponentIndex", index: 0 } as const;
const CHOOSE_ALL = { kind: "setComponentIndex", index: true } as const;
const ABORT = { kind: "condition", code: 14, policy: 0 } as const;
const COPY = { kind: "directive", code: 22, policy: 0 } as const;
const SWAP = { kind: "directive", code: 31, policy: 0 } as const;
const MATCH = { kind: "condition", code: 3, policy: 0 } as const;

function contentsOf(trial: Trial): unknown {
  return trial.accepted ? trial.contents : spoken(trial);
}

test("draft 6.5: a command for all components is run for each, with its own parameters", () => {
  const write = [
    CHOOSE_ALL,
    { kind: "overrideParameters", parameters: { content: NEW } },
    { kind: "directive", code: 18, policy: 0 },
  ] as const;
  assert.equal(contentsOf(outcomeOf(write)), [NEW, NEW]);
  const some = [{ kind: "setComponentIndex", index: [1] } as const, ...write.slice(1)];
  assert.equal(contentsOf(outcomeOf(some)), [OLD, NEW]);
});

test("draft 6.5: a sequence within is run once for each component, with that one chosen", () => {
  const sequence = [{ kind: "directive", code: 18, policy: 0 }] as const;
  const set = { kind: "overrideParameters", parameters: { content: NEW } } as const;
  assert.equal(contentsOf(outcomeOf([CHOOSE_ALL, set, { kind: "runSequence", sequence }])), [NEW, NEW]);
});

test("draft 8.4.10.5 and 8.4.10.9: copy and swap, and what they refuse", () => {
  const from = (sourceComponent: number) => ({ kind: "overrideParameters", parameters: { sourceComponent } }) as const;
  assert.equal(contentsOf(outcomeOf([CHOOSE_0, from(1), COPY])), [OTHER, OTHER]);
  assert.equal(contentsOf(outcomeOf([CHOOSE_0, from(1), SWAP])), [OTHER, OLD]);
  assert.is(contentsOf(outcomeOf([CHOOSE_0, from(5), COPY])), "install 3 copy there is no source, or nothing in it");
  assert.is(contentsOf(outcomeOf([CHOOSE_0, SWAP])), "install 2 swap there is no source, or nothing in it");
});

test("draft 8.4.10.2: choices end at the first that succeeds, and with none where that is allowed", () => {
  const choice = (sequences: CommandSequence[], orNothing: boolean) =>
    contentsOf(outcomeOf([CHOOSE_0, { kind: "tryEach", sequences, orNothing }]));
  const unchanged = [OLD, OTHER];
  assert.equal(choice([[ABORT], [CHOOSE_0]], false), unchanged);
  assert.equal(choice([[ABORT], [ABORT]], true), unchanged);
  assert.is(choice([[ABORT], [ABORT]], false), "install 2.2.1 abort the manifest says so");
  assert.is(choice([[COPY], [CHOOSE_0]], false), "install 2.1.1 copy there is no source, or nothing in it");
  const strict = { kind: "overrideParameters", parameters: { softFailure: false } } as const;
  assert.is(choice([[strict, ABORT], [CHOOSE_0]], false), "install 2.1.2 abort the manifest says so");
});

test("draft 8.4.10.8: a sequence within ends alone where soft failure is set, and ends all where not", () => {
  const soft = { kind: "overrideParameters", parameters: { softFailure: true } } as const;
  const within = (sequence: CommandSequence) => contentsOf(outcomeOf([CHOOSE_0, { kind: "runSequence", sequence }]));
  assert.equal(within([soft, ABORT]), [OLD, OTHER]);
  assert.is(within([ABORT]), "install 2.1 abort the manifest says so");
});

test("conditions without what they need fail", () => {
  assert.is(contentsOf(outcomeOf([CHOOSE_0, MATCH])), "install 2 image-match no digest was set");
  assert.match(contentsOf(outcomeOf([CHOOSE_0, { ...MATCH, code: 5 }])) as string, /no slot was set/);
  assert.match(contentsOf(outcomeOf([CHOOSE_0, { ...MATCH, code: 24 }])) as string, /no device was set/);
  assert.match(contentsOf(outcomeOf([CHOOSE_0, { ...MATCH, code: 6 }])) as string, /no content was set/);
});

test("draft 6.2: with several components a sequence begins by choosing one, and one that there is", () => {
  assert.match(contentsOf(outcomeOf([ABORT])) as string, /begin by choosing one/);
  assert.is(
    contentsOf(outcomeOf([{ kind: "setComponentIndex", index: 5 }])),
    "install 1 set-component-index there is no component 5",
  );
});

test(`${STEPS_MAX} commands are run, and not one more`, () => {
  const sequence = Array.from({ length: 20 }, () => ({ ...CHOOSE_ALL }));
  const inner = sequence.flatMap((choose) => [
    choose,
    { kind: "overrideParameters", parameters: { slot: 1 } } as const,
  ]);
  const nested = (depth: number): CommandSequence =>
    depth === 0 ? inner : [CHOOSE_ALL, ...inner.slice(0, 4), { kind: "runSequence", sequence: nested(depth - 1) }];
  const components = Array.from({ length: 8 }, (_, i) => ({ id: [Uint8Array.of(i)], capacity: 1 }));
  const manifest = {
    sequenceNumber: 7,
    components: components.map(({ id }) => id),
    sequences: new Map([[20, nested(2)]]),
  };
  assert.match(spoken(tried(manifest, { ...DEVICE, components })), /more than 1024 commands/);
});

test("a sequence that was cut out and is not there refuses", () => {
  const digest = { algorithm: -16, bytes: new Uint8Array(32) };
  const manifest = { ...suitManifest(RELEASE), sequences: new Map([[20, digest]]) };
  assert.is(spoken(tried(manifest)), "install it was cut out, and is not in the envelope");
});

test.run();
