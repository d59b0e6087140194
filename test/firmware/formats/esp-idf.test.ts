import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../../src/base/bytes.ts";
import type { ImageSummary } from "../../../src/firmware/formats/image-summary.ts";
import { inspectImage } from "../../../src/firmware/formats/inspection.ts";
import { espImage } from "./esp-image.ts";
import { digestOf } from "./mcuboot-image.ts";

const test = suite("esp-idf");

const inspect = (bytes: Uint8Array): ImageSummary => inspectImage(bytes, digestOf);
const verdicts = ({ checks }: ImageSummary) => checks.map(({ by, verdict }) => `${by} ${verdict}`);

test("an application: its project, version, chip, security counter, and both of its sums", () => {
  const summary = inspect(espImage());
  const { format, product, version, hardware, securityCounter, facts, faults } = summary;
  assert.equal([format, product, version, hardware, securityCounter], ["espIdf", "lock", "v1.4.0-rc1", "ESP32-C3", 3]);
  assert.equal([facts["built"], facts["idf"], facts["segments"]], ["Nov 27 2026 12:34:56", "v5.3.1", 3]);
  assert.equal([faults, verdicts(summary)], [[], ["xor right", "sha256 right"]]);
});

test("a bootloader has no descriptor, and an application may go without the hash", () => {
  const bootloader = inspect(espImage({ descriptor: false, chip: 0 }));
  assert.equal([bootloader.version, bootloader.hardware, bootloader.faults], [undefined, "ESP32", []]);
  assert.equal(verdicts(inspect(espImage({ hashAppended: false }))), ["xor right"]);
  assert.is(inspect(espImage({ chip: 999 })).hardware, "chip 999");
});

test("whatever the segments' lengths, the sum is the last byte of sixteen", () => {
  for (let length = 300; length < 333; length++) {
    const summary = inspect(espImage({ segmentLengths: [length] }));
    assert.equal([summary.faults, verdicts(summary)], [[], ["xor right", "sha256 right"]]);
  }
});

test("Secure Boot v2: up to three blocks, each over the padded image, each with its key's digest", () => {
  const image = espImage({ signedBy: ["rsa", "ecdsa", "rsa"] });
  const summary = inspect(image);
  assert.is(summary.faults.length, 0);
  const signatures = summary.checks.filter(({ by }) => by === "signature");
  assert.equal(
    signatures.map(({ algorithm, unchecked }) => [algorithm, unchecked]),
    [
      ["rsa3072-pss", "noKey"],
      ["ecdsa", "noKey"],
      ["rsa3072-pss", "noKey"],
    ],
  );
  const first = image.length - 4_096;
  assert.is(signatures[0]!.keyId, toHex(digestOf("sha256", image.subarray(first + 36, first + 812))));
  assert.equal(
    verdicts(summary).filter((text) => /crc32|sha256/.test(text)),
    ["sha256 right", "crc32 right", "sha256 right", "crc32 right", "sha256 right", "crc32 right", "sha256 right"],
  );
});

test("any bit of any byte, signature blocks included: a fault, a wrong sum, or what is shown is what it now says", () => {
  const image = espImage({ segmentLengths: [400], signedBy: ["ecdsa"] });
  const whole = JSON.stringify(inspect(image));
  const sectorAt = image.length - 4_096;
  const places = [...Array(1_000).keys(), ...Array.from({ length: 1_200 }, (_, i) => sectorAt + i)];
  for (const at of places) {
    const broken = image.slice();
    broken[at]! ^= 1 << (at % 8);
    assert.is.not(JSON.stringify(inspect(broken)), whole, `byte ${at}`);
  }
});

test("cut off anywhere: a fault", () => {
  const image = espImage({ segmentLengths: [300] });
  for (let length = 24; length < image.length; length++) {
    assert.ok(inspect(image.subarray(0, length)).faults.length > 0, `${length} bytes`);
  }
});

test("each thing that is wrong is named with the byte where it stands", () => {
  const faultOf = (bytes: Uint8Array) => inspect(bytes).faults.map(({ reason, offset }) => [reason, offset]);
  const changed = (bytes: Uint8Array, at: number, value: number) => {
    bytes[at] = value;
    return bytes;
  };
  assert.equal(faultOf(changed(espImage(), 1, 0)), [["segmentCount", 1]]);
  assert.equal(faultOf(changed(espImage(), 24 + 7, 0x7f)), [["segmentLength", 28]]);
  assert.equal(faultOf(changed(espImage({ signedBy: ["rsa"] }), 65_536, 0)), [["signatureSector", 65_536]]);
  assert.equal(faultOf(changed(espImage({ signedBy: ["rsa"] }), 65_537, 9)), [["fieldUnknown", 65_537]]);
  const image = espImage();
  assert.equal(faultOf(Uint8Array.of(...image, 0)), [["bytesBehindEnd", image.length]]);
});

test.run();
