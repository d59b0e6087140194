import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat } from "../../src/base/bytes.ts";
import { encodeCbor } from "../../src/cbor/encode-cbor.ts";
import {
  BUNDLE_PREFIX_LENGTH,
  type BundleHead,
  bundleHeadLength,
  decodeBundleHead,
  encodeBundleHead,
} from "../../src/manifest/release-bundle.ts";
import { decodeReleaseRecord, encodeReleaseRecord } from "../../src/manifest/release-record.ts";

const test = suite("release-bundle");

const part = (byte: number) => new Uint8Array(10).fill(byte);
const HEAD: BundleHead = {
  manifest: part(1),
  suit: part(2),
  riot: part(3),
  wayBack: part(4),
  wayBackSuit: part(5),
  trustRoot: part(6),
  record: part(7),
  imageLength: 100,
  notesLength: 20,
  sbomLength: 3,
};
const ENCODED = encodeBundleHead(HEAD);
const FILE_LENGTH = ENCODED.length + 123;

test("a head is read as it was written, with all of its parts and with the least", () => {
  assert.equal(decodeBundleHead(ENCODED, FILE_LENGTH), { ok: true, value: HEAD });
  const least = encodeBundleHead({ manifest: part(1), imageLength: 1 });
  const decoded = decodeBundleHead(least, least.length + 1);
  assert.equal(decoded.ok && [decoded.value.manifest, decoded.value.suit], [part(1), undefined]);
});

test("a file that is longer or shorter than its head says, with the byte where it ends", () => {
  for (const length of [FILE_LENGTH - 1, FILE_LENGTH + 1]) {
    const decoded = decodeBundleHead(ENCODED, length);
    assert.is(!decoded.ok && decoded.error.offset, Math.min(length, FILE_LENGTH));
  }
});

test("what is no bundle, one that is cut off, and a head that says to be longer than any", () => {
  assert.is(bundleHeadLength(ENCODED.subarray(0, BUNDLE_PREFIX_LENGTH - 1)), undefined);
  assert.is(bundleHeadLength(new Uint8Array(100)), undefined);
  for (let length = 0; length < ENCODED.length; length++) {
    assert.not(decodeBundleHead(ENCODED.subarray(0, length), FILE_LENGTH).ok);
  }
  const long = ENCODED.slice();
  long[BUNDLE_PREFIX_LENGTH - 4] = 0xff;
  assert.not(decodeBundleHead(long, FILE_LENGTH).ok);
});

test("a key that nobody knows, and the envelope of a way back that is not there", () => {
  const { wayBack: _, ...without } = HEAD;
  assert.not(decodeBundleHead(encodeBundleHead(without), encodeBundleHead(without).length + 123).ok);
  const body = encodeCbor(
    new Map<number, number | Uint8Array>([
      [1, part(1)],
      [8, 1],
      [11, 0],
    ]),
  );
  const head = concat(ENCODED.subarray(0, BUNDLE_PREFIX_LENGTH - 1), Uint8Array.of(body.length), body);
  assert.not(decodeBundleHead(head, head.length + 1).ok);
});

test("a record is read as it was written; a kind that nobody knows is refused", () => {
  for (const record of [{ kind: "security" as const, notes: new Uint8Array(32), sbom: new Uint8Array(32) }, {}]) {
    const decoded = decodeReleaseRecord(encodeReleaseRecord(record));
    assert.equal(decoded.ok && encodeReleaseRecord(decoded.value), encodeReleaseRecord(record));
  }
  assert.not(decodeReleaseRecord(encodeCbor(new Map([[1, 2]]))).ok);
  assert.not(decodeReleaseRecord(encodeCbor(new Map([[4, 2]]))).ok);
});

test.run();
