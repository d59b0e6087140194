// Entries: what they hold, and that they tell of no device.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOfLatin1, concat, fromHex, toHex, toUtf8 } from "../../src/base/bytes.ts";
import type { CborValue } from "../../src/cbor/cbor-value.ts";
import { encodeCbor } from "../../src/cbor/encode-cbor.ts";
import {
  decodeEntry,
  ENTRY_LENGTH_MAX,
  EntryKind,
  encodeEntry,
  type LogEntry,
  recordsDigest,
} from "../../src/registry/log-entry.ts";
import { pseudonymOf } from "../../src/registry/pseudonym.ts";
import { CRYPTO } from "../support/crypto.ts";

const DIGEST = new Uint8Array(32).fill(0xab);
const RELEASE: LogEntry = { kind: EntryKind.RELEASE, time: 1_795_000_000, digest: DIGEST };

const entry = suite("entry");

entry("an entry is deterministic CBOR of kind, time and digest", () => {
  const expected = `a30001011a6afd86c0025820${"ab".repeat(32)}`;
  assert.is(toHex(encodeEntry(RELEASE)), expected);
  assert.equal(decodeEntry(fromHex(expected)!), { ok: true, value: RELEASE });
});

entry("an entry of a batch about a device is read back, and is far below 300 bytes", () => {
  const whole: LogEntry = { ...RELEASE, time: Number.MAX_SAFE_INTEGER, count: 1_000, device: DIGEST.slice(0, 16) };
  assert.equal(decodeEntry(encodeEntry(whole)), { ok: true, value: whole });
  assert.ok(encodeEntry(whole).length < ENTRY_LENGTH_MAX);
});

entry("what encodes no entry is refused, and why is said", () => {
  const good: readonly (readonly [number, CborValue])[] = [
    [0, 1],
    [1, 5],
    [2, DIGEST],
  ];
  const changed = (...changes: readonly (readonly [number, CborValue])[]) => encodeCbor(new Map([...good, ...changes]));
  assert.ok(decodeEntry(changed()).ok);
  const wrong = {
    "an unknown kind": changed([0, 99]),
    "kind as text": changed([0, "release"]),
    "no time": encodeCbor(
      new Map<number, number | Uint8Array>([
        [0, 1],
        [2, DIGEST],
      ]),
    ),
    "a time before 1970": changed([1, -1]),
    "a digest of 31 bytes": changed([2, DIGEST.slice(1)]),
    "a batch of one": changed([3, 1]),
    "a pseudonym of 15 bytes": changed([4, DIGEST.slice(17)]),
    "an unknown key": changed([5, 0]),
    "a byte behind it": concat(changed(), Uint8Array.of(0)),
    "an array": encodeCbor([1, 5, DIGEST]),
    "301 bytes": new Uint8Array(ENTRY_LENGTH_MAX + 1),
  };
  for (const [what, bytes] of Object.entries(wrong)) assert.not(decodeEntry(bytes).ok, what);
});

entry("a record's digest is its SHA-256, and a batch's depends on each record and their order", () => {
  const [one, two] = [toUtf8("one"), toUtf8("two")];
  assert.equal(recordsDigest(CRYPTO, [one]), bytesOfLatin1(CRYPTO.sha256(one)));
  const digests = [[one, two], [two, one], [one, one], [one]].map((some) => toHex(recordsDigest(CRYPTO, some)));
  assert.is(new Set(digests).size, 4);
});

entry("a device's pseudonym is its own, and another one under another secret", () => {
  const [secret, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const [meter7, meter8] = [toUtf8("meter-7"), toUtf8("meter-8")];
  assert.equal(pseudonymOf(CRYPTO, secret, meter7), pseudonymOf(CRYPTO, secret, meter7));
  assert.is(toHex(pseudonymOf(CRYPTO, secret, meter7)), "921bae7c65be5798f1043c671d2987b7");
  const all = [
    pseudonymOf(CRYPTO, secret, meter7),
    pseudonymOf(CRYPTO, other, meter7),
    pseudonymOf(CRYPTO, secret, meter8),
  ];
  assert.is(new Set(all.map(toHex)).size, 3);
});

entry.run();
