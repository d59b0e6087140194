import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat } from "../../../src/base/bytes.ts";
import { instant } from "../../../src/base/instant.ts";
import { type PeerAddress, peerAddress } from "../../../src/base/peer-address.ts";
import { CIPHER_SUITES, DEFAULT_CIPHER_SUITES } from "../../../src/dtls/cipher-suite.ts";
import { DATAGRAM_LENGTH_MAX } from "../../../src/dtls/parameters.ts";
import {
  decodeSessionSnapshot,
  encodeSessionSnapshot,
  SESSION_SNAPSHOT_LENGTH_MAX,
  type SessionSnapshot,
  sessionFrom,
  snapshotOf,
} from "../../../src/dtls/session/session-snapshot.ts";
import { SuiteProtections } from "../../../src/dtls/suite-protections.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const sessionSnapshot = suite("session-snapshot");

const PROTECTIONS = new SuiteProtections(CRYPTO, new SeededRandom(1));

const SNAPSHOT: SessionSnapshot = {
  cipherSuite: 0xc0a8,
  encryptThenMac: false,
  returnRoutability: false,
  epoch: 1,
  sequenceNumberEnd: 4_096,
  window: { newest: 70, low: 0x8000_0001, high: 3 },
  plaintextLengthMax: 1_100,
  lastActiveAt: instant(123_456),
  peer: peerAddress("192.0.2.1", 40_000),
  identity: Uint8Array.of(1, 2, 3),
  readKeys: new Uint8Array(20).fill(7),
  writeKeys: new Uint8Array(20).fill(8),
  readConnectionId: Uint8Array.of(1, 2, 3, 4),
  writeConnectionId: new Uint8Array(0),
};

function encoded(snapshot: SessionSnapshot): Uint8Array {
  const target = new Uint8Array(SESSION_SNAPSHOT_LENGTH_MAX);
  return target.slice(0, encodeSessionSnapshot(snapshot, target, 0));
}

const uint48 = fc.nat(2 ** 31 - 1).map((n) => n * 2 ** 16 + (n & 0xffff));
const bytesTo = (maxLength: number) => fc.uint8Array({ maxLength });
const peers: fc.Arbitrary<PeerAddress> = fc.constantFrom(
  peerAddress("192.0.2.1", 1),
  peerAddress("192.0.2.1", 1, "192.0.2.9"),
  peerAddress("fe80::1%a-long-name-of", 65_535, "fe80::2"),
);
const FIELDS = {
  cipherSuite: fc.nat(0xffff),
  encryptThenMac: fc.boolean(),
  returnRoutability: fc.boolean(),
  epoch: fc.integer({ min: 1, max: 0xffff }),
  sequenceNumberEnd: uint48,
  window: fc.oneof(
    fc.constant({ newest: -1, low: 0, high: 0 }),
    fc.record(
      { newest: uint48, low: fc.nat(2 ** 31 - 1).map((n) => 2 * n + 1), high: fc.nat(2 ** 32 - 1) },
      { noNullPrototype: true },
    ),
  ),
  plaintextLengthMax: fc.integer({ min: 1, max: DATAGRAM_LENGTH_MAX }),
  lastActiveAt: uint48.map(instant),
  peer: peers,
  identity: bytesTo(128),
  readKeys: bytesTo(64),
  writeKeys: bytesTo(64),
  readConnectionId: bytesTo(32),
  writeConnectionId: bytesTo(32),
};
const snapshots: fc.Arbitrary<SessionSnapshot> = fc.record(FIELDS, { noNullPrototype: true });

sessionSnapshot("what is written down is read back, for any session", () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => assert.equal(decodeSessionSnapshot(encoded(snapshot)), snapshot)),
    { seed: 1 },
  );
});

sessionSnapshot("a snapshot that lacks bytes or has some too many is refused", () => {
  const bytes = encoded(SNAPSHOT);
  for (let length = 0; length < bytes.length; length++) {
    assert.is(decodeSessionSnapshot(bytes.subarray(0, length)), undefined, `${length} bytes`);
  }
  assert.is(decodeSessionSnapshot(concat(bytes, Uint8Array.of(0))), undefined);
});

sessionSnapshot("any bytes give a snapshot that is written as the very same bytes, or none", () => {
  const valid = encoded(SNAPSHOT);
  fc.assert(
    fc.property(fc.nat(valid.length - 1), fc.nat(255), (at, value) => {
      const bytes = Uint8Array.from(valid);
      bytes[at] = value;
      const decoded = decodeSessionSnapshot(bytes);
      if (decoded !== undefined) assert.equal(encoded(decoded), bytes);
    }),
    { seed: 2, numRuns: 2_000 },
  );
});

const FAULTS: readonly (readonly [string, Partial<SessionSnapshot>])[] = [
  ["epoch 0", { epoch: 0 }],
  ["a window that has not seen its newest", { window: { newest: 5, low: 2, high: 0 } }],
  ["an empty window that has seen something", { window: { newest: -1, low: 1, high: 0 } }],
  ["no plaintext", { plaintextLengthMax: 0 }],
  ["more plaintext than a datagram carries", { plaintextLengthMax: DATAGRAM_LENGTH_MAX + 1 }],
  ["no address", { peer: "" as PeerAddress }],
  ["an identity of 129 bytes", { identity: new Uint8Array(129) }],
  ["a Connection ID of 33 bytes", { writeConnectionId: new Uint8Array(33) }],
];
for (const [what, fault] of FAULTS) {
  sessionSnapshot(`refused: ${what}`, () => {
    assert.is(decodeSessionSnapshot(encoded({ ...SNAPSHOT, ...fault })), undefined);
  });
}

sessionSnapshot("no session comes of a suite that the operator has taken out, or of keys of another length", () => {
  assert.ok(sessionFrom(SNAPSHOT, DEFAULT_CIPHER_SUITES, PROTECTIONS));
  assert.is(sessionFrom(SNAPSHOT, DEFAULT_CIPHER_SUITES.slice(0, 2), PROTECTIONS), undefined);
  assert.is(sessionFrom({ ...SNAPSHOT, readKeys: new Uint8Array(19) }, DEFAULT_CIPHER_SUITES, PROTECTIONS), undefined);
  assert.is(sessionFrom({ ...SNAPSHOT, sequenceNumberEnd: 2 ** 48 }, DEFAULT_CIPHER_SUITES, PROTECTIONS), undefined);
});

for (const { id, name, canEncryptThenMac } of CIPHER_SUITES) {
  sessionSnapshot(`a session of ${name} is the same when it was written down and read`, () => {
    const keys = canEncryptThenMac ? 48 : 20;
    const written: SessionSnapshot = {
      ...SNAPSHOT,
      cipherSuite: id,
      encryptThenMac: canEncryptThenMac,
      readKeys: new Uint8Array(keys).fill(1),
      writeKeys: new Uint8Array(keys).fill(2),
      writeConnectionId: Uint8Array.of(9),
    };
    const session = sessionFrom(written, CIPHER_SUITES, PROTECTIONS)!;
    assert.equal(snapshotOf(session, 4_096), written);
    assert.is(session.write.nextSequenceNumber, 4_096);
  });
}

sessionSnapshot.run();
