import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ByteReader } from "../../../src/base/byte-reader.ts";
import { EMPTY } from "../../../src/base/bytes.ts";
import {
  decodeExtensions,
  decodeUint16List,
  type Extensions,
  encodeExtensions,
  encodeUint16List,
  maxFragmentLengthFor,
} from "../../../src/dtls/handshake/extension.ts";
import { hex } from "../../vectors/dtls.ts";

const extension = suite("extension");

const decode = (bytes: Uint8Array) => decodeExtensions(new ByteReader(bytes));

/** Each extension alone, as its RFC writes it. */
const WIRE: readonly [string, Extensions, string][] = [
  ["RFC 6066 4: max_fragment_length", { maxFragmentLength: 2 }, "0005 0001 0001 02"],
  [
    "RFC 8422 5.1: supported_groups, with ec_point_formats",
    { supportedGroups: [29, 23] },
    "0010 000a 0006 0004 001d 0017 000b 0002 01 00",
  ],
  ["RFC 7366 2: encrypt_then_mac", { encryptThenMac: true }, "0004 0016 0000"],
  ["RFC 7627 5.1: extended_master_secret", { extendedMasterSecret: true }, "0004 0017 0000"],
  ["RFC 8449 4: record_size_limit", { recordSizeLimit: 0x0102 }, "0006 001c 0002 0102"],
  ["RFC 9146 3: connection_id", { connectionId: hex("aabb") }, "0007 0036 0003 02 aabb"],
  ["RFC 9146 3: connection_id of zero length", { connectionId: EMPTY }, "0005 0036 0001 00"],
  ["RFC 5746 3.2: renegotiation_info", { renegotiationInfo: EMPTY }, "0005 ff01 0001 00"],
];

for (const [name, extensions, wire] of WIRE) {
  extension(`${name} on the wire`, () => {
    assert.equal(encodeExtensions(extensions), hex(wire));
    assert.equal(decode(hex(wire)), extensions);
  });
}

extension("RFC 5246 7.4.1.2: a hello without extensions ends before their length", () => {
  assert.equal(encodeExtensions({}), EMPTY);
  assert.equal(decode(EMPTY), {});
});

extension("RFC 5246 7.4.1.4: a list of no extensions is read", () => {
  assert.equal(decode(hex("0000")), {});
});

extension("RFC 5246 7.4.1.4: an extension that comes twice is malformed, known or not", () => {
  assert.is(decode(hex("0008 0017 0000 0017 0000")), undefined);
  assert.is(decode(hex("0008 7777 0000 7777 0000")), undefined);
});

extension("RFC 5246 7.4.1.4: unknown extensions are passed over, and named", () => {
  assert.equal(decode(hex("000d 7777 0001 aa 0017 0000 8888 0000")), {
    unknownTypes: [0x7777, 0x8888],
    extendedMasterSecret: true,
  });
});

for (const [what, wire] of [
  ["a byte behind the list", "0004 0017 0000 00"],
  ["encrypt_then_mac with content", "0005 0016 0001 00"],
  ["extended_master_secret with content", "0005 0017 0001 00"],
  ["max_fragment_length of two bytes", "0006 0001 0002 0202"],
  ["record_size_limit of one byte", "0005 001c 0001 40"],
  ["a Connection ID longer than its extension", "0006 0036 0002 02 aa"],
  ["a Connection ID shorter than its extension", "0006 0036 0002 00 aa"],
  ["supported_groups with an odd number of bytes", "0009 000a 0005 0003 001d 00"],
  ["half an extension header", "0002 0017"],
] as const) {
  extension(`RFC 5246 7.4.1.4: ${what} is malformed`, () => {
    assert.is(decode(hex(wire)), undefined);
  });
}

extension("64 extensions are read, 65 are too many", () => {
  const many = (count: number) =>
    Uint8Array.from([
      ...encodeUint16List([4 * count]),
      ...Array.from({ length: count }, (_, i) => [99, i, 0, 0]).flat(),
    ]);
  assert.is(decode(many(64))?.unknownTypes?.length, 64);
  assert.is(decode(many(65)), undefined);
});

const present = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

extension("what is written is read again, and every truncation is malformed", () => {
  const some = fc.record({
    connectionId: present(fc.uint8Array({ maxLength: 32 })),
    encryptThenMac: present(fc.constant(true as const)),
    extendedMasterSecret: present(fc.constant(true as const)),
    maxFragmentLength: present(fc.integer({ min: 1, max: 4 })),
    recordSizeLimit: present(fc.integer({ min: 1, max: 0xffff })),
    renegotiationInfo: present(fc.uint8Array({ maxLength: 24 })),
    supportedGroups: present(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 10 })),
  });
  fc.assert(
    fc.property(some, (given) => {
      const extensions = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const bytes = encodeExtensions(extensions as Extensions);
      assert.equal(decode(bytes), extensions);
      for (let length = 1; length < bytes.length; length++) assert.is(decode(bytes.subarray(0, length)), undefined);
    }),
    { seed: 5246, numRuns: 200 },
  );
});

extension("RFC 6066 4: codes 1 to 4 mean 2^9 to 2^12 bytes, and no other means anything", () => {
  assert.equal([0, 1, 2, 3, 4, 5, 255].map(maxFragmentLengthFor), [
    undefined,
    512,
    1024,
    2048,
    4096,
    undefined,
    undefined,
  ]);
});

extension("a list of two-byte numbers with an odd number of bytes is none", () => {
  assert.equal(decodeUint16List(new ByteReader(hex("0004 0001 ffff"))), [1, 0xffff]);
  assert.is(decodeUint16List(new ByteReader(hex("0003 0001 ff"))), undefined);
});

extension.run();
