import { generateKeyPairSync } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../../src/base/bytes.ts";
import type { ImageSummary } from "../../../src/firmware/formats/image-summary.ts";
import { inspectImage } from "../../../src/firmware/formats/inspection.ts";
import { digestOf, HEADER_LENGTH, type McubootInput, mcubootImage, signedBy } from "./mcuboot-image.ts";

const test = suite("mcuboot");

const inspect = (bytes: Uint8Array): ImageSummary => inspectImage(bytes, digestOf);

const EC = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ED = generateKeyPairSync("ed25519");
const EC_PUBLIC = new Uint8Array(EC.publicKey.export({ format: "der", type: "spki" }));
const ED_PUBLIC = new Uint8Array(ED.publicKey.export({ format: "der", type: "spki" }));

const COUNTER = { type: 0x50, value: Uint8Array.of(7, 0, 0, 0) };
const VENDOR = { type: 0x74, value: Uint8Array.from({ length: 16 }, (_, i) => i) };
const CLASS = { type: 0x75, value: Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i) };
const DEPENDENCY = { type: 0x40, value: Uint8Array.of(1, 0, 0, 0, 2, 5, 9, 0, 0, 0, 0, 0) };
const PROTECTED = [COUNTER, VENDOR, CLASS, DEPENDENCY];

const ROWS: readonly (readonly [algorithm: string, keyId: string, input: McubootInput])[] = [
  ["ecdsa", toHex(digestOf("sha256", EC_PUBLIC)), { entries: signedBy("ecdsa", EC.privateKey, EC_PUBLIC) }],
  ["ed25519", toHex(digestOf("sha256", ED_PUBLIC)), { entries: signedBy("ed25519", ED.privateKey, ED_PUBLIC) }],
  [
    "ed25519-pure",
    toHex(digestOf("sha512", ED_PUBLIC)),
    { hash: "sha512", entries: signedBy("ed25519-pure", ED.privateKey, ED_PUBLIC) },
  ],
];

for (const [algorithm, keyId, input] of ROWS) {
  test(`an image signed with ${algorithm}: its version, counter, identifiers and hash, and whose signature it has`, () => {
    const summary = inspect(mcubootImage({ ...input, protectedEntries: PROTECTED }));
    assert.equal(
      [summary.format, summary.version, summary.securityCounter, summary.faults],
      ["mcuboot", "1.2.3+4", 7, []],
    );
    assert.is(summary.facts["vendor"], "00010203-0405-0607-0809-0a0b0c0d0e0f");
    assert.is(summary.facts["class"], "f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfeff");
    assert.is(summary.facts["needs image 1"], "2.5.9");
    const [hash, signature] = summary.checks;
    assert.equal([hash!.by, hash!.verdict], [input.hash ?? "sha256", "right"]);
    assert.equal(
      [signature!.by, signature!.algorithm, signature!.keyId, signature!.unchecked],
      ["signature", algorithm, keyId, "noKey"],
    );
  });
}

for (const hash of ["sha256", "sha384", "sha512"] as const) {
  test(`a hash with ${hash} is compared, wherever the header's filling ends`, () => {
    for (const headerLength of [32, 512]) {
      const [check] = inspect(mcubootImage({ hash, headerLength })).checks;
      assert.equal([check!.by, check!.verdict], [hash, "right"]);
    }
  });
}

for (const [type, name, lengths] of [
  [0x30, "rsa-oaep", [256, 256]],
  [0x31, "aes-kw", [24, 40]],
  [0x32, "ecies-p256", [113, 129]],
  [0x33, "ecies-x25519", [80, 96]],
  [0x34, "ecies-x25519-sha512", [112, 128]],
] as const) {
  test(`encrypted, its key wrapped by ${name}: nobody without the device's key can check hash and signature, and that is said`, () => {
    for (const [i, flags] of [0x4, 0x8].entries()) {
      const wrapped = { type, value: new Uint8Array(lengths[i]!) };
      const signed = signedBy("ed25519", ED.privateKey, ED_PUBLIC);
      const summary = inspect(mcubootImage({ flags, entries: (region) => [wrapped, ...signed(region)] }));
      assert.equal(summary.faults, []);
      assert.is(summary.facts["keyWrappedBy"], name);
      assert.equal(
        summary.checks.map(({ unchecked }) => unchecked),
        ["encrypted", "encrypted"],
      );
      const short = { type, value: new Uint8Array(lengths[i]! - 1) };
      assert.is(inspect(mcubootImage({ flags, entries: () => [short] })).faults[0]?.reason, "entryLength");
    }
  });
}

test("any bit of any byte before the signature: a fault, a wrong hash, or what is shown is what it now says", () => {
  const image = mcubootImage({ ...ROWS[1]![2], protectedEntries: PROTECTED });
  const whole = JSON.stringify(inspect(image));
  const signatureAt = inspect(image).checks.find(({ by }) => by === "signature")!.offset;
  for (let at = 0; at < signatureAt; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const broken = image.slice();
      broken[at]! ^= 1 << bit;
      assert.is.not(JSON.stringify(inspect(broken)), whole, `bit ${bit} of byte ${at}`);
    }
  }
});

test("cut off anywhere: never without a fault, and nothing is read behind the end", () => {
  const image = mcubootImage({ ...ROWS[0]![2], protectedEntries: PROTECTED, payloadLength: 40 });
  for (let length = 4; length < image.length; length++) {
    const { format, faults } = inspect(image.subarray(0, length));
    assert.is(format, "mcuboot");
    assert.ok(faults.length > 0, `${length} bytes`);
  }
});

/** What is wrong with an image after `change`, and where. */
function faultOf(input: McubootInput, change: (image: DataView, areaAt: number) => void): readonly unknown[] {
  const image = mcubootImage(input);
  const view = new DataView(image.buffer);
  change(view, view.getUint16(8, true) + view.getUint32(12, true) + view.getUint16(10, true));
  const [fault] = inspect(image).faults;
  return [fault?.reason, fault?.offset];
}

test("each thing that is wrong is named with the byte where it stands", () => {
  assert.equal(
    faultOf({}, (image) => image.setUint16(8, 16, true)),
    ["headerLength", 8],
  );
  assert.equal(
    faultOf({}, (image) => image.setUint32(12, 100_000, true)),
    ["payloadLength", 12],
  );
  assert.equal(
    faultOf({}, (image) => image.setUint32(16, 0xc, true)),
    ["flagsContradict", 16],
  );
  assert.equal(
    faultOf({}, (image) => image.setUint32(16, 0x4, true)),
    ["flagsContradict", 16],
    "encrypted, and no key",
  );
  const areaAt = HEADER_LENGTH + 500;
  assert.equal(
    faultOf({}, (image, at) => image.setUint16(at, 0x6900, true)),
    ["entryTableMagic", areaAt],
  );
  assert.equal(
    faultOf({}, (image, at) => image.setUint16(at + 2, 3, true)),
    ["entryTableLength", areaAt + 2],
  );
  assert.equal(
    faultOf({}, (image, at) => image.setUint16(at + 6, 4_000, true)),
    ["entryLength", areaAt + 6],
  );
  assert.equal(
    faultOf({}, (image, at) => image.setUint16(at + 4, 0xa0, true)),
    ["entryMissing", areaAt],
    "no hash",
  );
  assert.equal(
    faultOf({ protectedEntries: [COUNTER] }, (image, at) => image.setUint16(at - 10, 99, true)),
    ["entryTableLength", areaAt + 2],
  );
});

test("a security counter that the signature does not reach is none", () => {
  const summary = inspect(mcubootImage({ entries: () => [COUNTER] }));
  assert.is(summary.securityCounter, undefined);
  assert.equal(summary.faults, [{ reason: "entryUnsigned", offset: HEADER_LENGTH + 500 + 4 + 36 }]);
});

test("without a build number the version has three parts, and flags are named", () => {
  const summary = inspect(mcubootImage({ version: [0, 9, 65_535, 0], flags: 0x10 | 0x20 | 0x8000 }));
  assert.is(summary.version, "0.9.65535");
  assert.is(summary.facts["flags"], "non-bootable ram-load 0x00008000");
});

test("what stands behind the image, such as imgtool's padding, is counted", () => {
  const image = mcubootImage();
  const padded = new Uint8Array(image.length + 1_000).fill(0xff);
  padded.set(image);
  const summary = inspect(padded);
  assert.equal([summary.facts["behind"], summary.faults, summary.checks[0]?.verdict], [1_000, [], "right"]);
});

test.run();
