// Signatures of images' own formats, under keys that are trusted and under others: each row of both tables.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ImageCheck, ImageKey } from "../../src/firmware/formats/image-summary.ts";
import { inspectImage } from "../../src/firmware/formats/inspection.ts";
import { imageKeyOf } from "../../src/trust-store/image-key.ts";
import { espImage } from "../firmware/formats/esp-image.ts";
import { digestOf, mcubootImage, signedBy, signedByOther } from "../firmware/formats/mcuboot-image.ts";

const test = suite("image-key");

const ED = generateKeyPairSync("ed25519");
const P256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const P384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const RSA2048 = generateKeyPairSync("rsa", { modulusLength: 2048 });
const RSA3072 = generateKeyPairSync("rsa", { modulusLength: 3072 });

const spkiOf = (key: KeyObject) => new Uint8Array(key.export({ type: "spki", format: "der" }));
const imageKey = (key: KeyObject): ImageKey =>
  imageKeyOf({ algorithm: "ed25519", keyId: digestOf("sha256", spkiOf(key)), spki: spkiOf(key) });
const signaturesOf = (image: Uint8Array, keys: readonly KeyObject[]): readonly ImageCheck[] =>
  inspectImage(image, digestOf, keys.map(imageKey)).checks.filter(({ by }) => by === "signature");

const COUNTER = { type: 0x50, value: Uint8Array.of(7, 0, 0, 0) };
const ALL = [ED, P256, P384, RSA2048, RSA3072].map(({ publicKey }) => publicKey);

const ROWS: readonly (readonly [name: string, key: KeyObject, image: Uint8Array])[] = [
  [
    "MCUboot, ECDSA P-256",
    P256.publicKey,
    mcubootImage({ protectedEntries: [COUNTER], entries: signedBy("ecdsa", P256.privateKey, spkiOf(P256.publicKey)) }),
  ],
  [
    "MCUboot, ECDSA P-384",
    P384.publicKey,
    mcubootImage({ hash: "sha384", entries: signedByOther(P384.privateKey, "sha384") }),
  ],
  ["MCUboot, RSA-2048", RSA2048.publicKey, mcubootImage({ entries: signedByOther(RSA2048.privateKey, "sha256") })],
  ["MCUboot, RSA-3072", RSA3072.publicKey, mcubootImage({ entries: signedByOther(RSA3072.privateKey, "sha256") })],
  [
    "MCUboot, Ed25519",
    ED.publicKey,
    mcubootImage({ entries: signedBy("ed25519", ED.privateKey, spkiOf(ED.publicKey)) }),
  ],
  [
    "MCUboot, Ed25519 pure",
    ED.publicKey,
    mcubootImage({ hash: "sha512", entries: signedBy("ed25519-pure", ED.privateKey, spkiOf(ED.publicKey)) }),
  ],
  ["ESP-IDF, RSA-3072", RSA3072.publicKey, espImage({ signedBy: [RSA3072.privateKey] })],
  ["ESP-IDF, ECDSA P-256", P256.publicKey, espImage({ signedBy: [P256.privateKey] })],
  ["ESP-IDF, ECDSA P-384", P384.publicKey, espImage({ signedBy: [P384.privateKey] })],
];

for (const [name, key, image] of ROWS) {
  test(`${name}: right under its key, unknown under all others`, () => {
    assert.equal(
      signaturesOf(image, ALL).map(({ verdict }) => verdict),
      ["right"],
    );
    const others = ALL.filter((other) => other !== key);
    assert.equal(
      signaturesOf(image, others).map(({ unchecked }) => unchecked),
      ["keyUnknown"],
    );
  });

  test(`${name}: a signature with one bit changed, and one over other bytes, are wrong, with their offset`, () => {
    const [whole] = signaturesOf(image, [key]);
    const { offset } = whole!;
    for (const at of [offset + 20, 40]) {
      const broken = image.slice();
      broken[at]! ^= 0x10;
      const [check] = signaturesOf(broken, [key]);
      assert.equal([check!.verdict, check!.offset], ["wrong", offset], `byte ${at}`);
    }
  });
}

test("MCUboot: any bit of header and entries: a fault, something wrong, a key that is unknown, or shown as what it now says", () => {
  for (const [name, key, image] of ROWS.filter(([row]) => row.startsWith("MCUboot"))) {
    const keys = [imageKey(key)];
    const whole = JSON.stringify(inspectImage(image, digestOf, keys));
    const places = [...Array(32).keys(), ...Array.from({ length: image.length - 532 }, (_, i) => 532 + i)];
    for (const at of places) {
      const broken = image.slice();
      broken[at]! ^= 1 << (at % 8);
      // What fills up a DER signature means nothing.
      if (name.includes("P-256") && at >= endOfDer(image)) continue;
      assert.is.not(JSON.stringify(inspectImage(broken, digestOf, keys)), whole, `${name}, byte ${at}`);
    }
  }
});

test("MCUboot, no name of the key beside the signature: every trusted key is tried", () => {
  const entries = (region: Uint8Array) => signedBy("ed25519", ED.privateKey, spkiOf(ED.publicKey))(region).slice(1);
  const image = mcubootImage({ entries });
  assert.is(signaturesOf(image, [P256.publicKey, ED.publicKey])[0]!.verdict, "right");
  assert.is(signaturesOf(image, [P256.publicKey])[0]!.unchecked, "keyUnknown");
});

test("MCUboot, the whole key in place of its digest", () => {
  const spki = spkiOf(P256.publicKey);
  const entries = (region: Uint8Array) => [
    { type: 0x02, value: spki },
    ...signedBy("ecdsa", P256.privateKey, spki)(region).slice(1),
  ];
  assert.is(signaturesOf(mcubootImage({ entries }), [P256.publicKey])[0]!.verdict, "right");
});

test("a signature of one kind that is named as another kind's is wrong, and nothing is thrown", () => {
  const entries = (region: Uint8Array) => {
    const [named] = signedBy("ed25519", ED.privateKey, spkiOf(ED.publicKey))(region);
    return [named!, { type: 0x22, value: new Uint8Array(72) }, named!, { type: 0x20, value: new Uint8Array(256) }];
  };
  assert.equal(
    signaturesOf(mcubootImage({ entries }), [ED.publicKey]).map(({ verdict }) => verdict),
    ["wrong", "wrong"],
  );
});

/** Where the P-256 signature of an image, its last entry, ends: behind that it is filled up. */
function endOfDer(image: Uint8Array): number {
  const at = image.length - 72;
  return at + 2 + image[at + 1]!;
}

test.run();
