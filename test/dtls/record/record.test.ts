import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, EMPTY } from "../../../src/base/bytes.ts";
import { failed } from "../../../src/base/result.ts";
import { RECORD_FRAGMENT_LENGTH_MAX } from "../../../src/dtls/parameters.ts";
import { decodeRecord, RECORD_HEADER_LENGTH, writeRecordHeader } from "../../../src/dtls/record/record.ts";
import { hex } from "../../vectors/dtls.ts";

const record = suite("record");

// type, version, epoch, sequence_number, length, fragment
const PLAIN = hex("17 fefd 0001 010203040506 0003 aabbcc");
// type, version, epoch, sequence_number, Connection ID, length, fragment
const WITH_ID = hex("19 fefd 0001 000000000007 d1d2d3d4 0002 eeff");

function errorOf(bytes: Uint8Array, connectionIdLength = 4): string {
  const decoded = decodeRecord(bytes, 0, connectionIdLength);
  return decoded.ok ? "" : decoded.error;
}

record("RFC 6347 4.1: a record is read field by field", () => {
  const decoded = decodeRecord(PLAIN, 0, 4);
  assert.ok(decoded.ok);
  const { type, epoch, sequenceNumber, connectionId, fragment, length, end } = decoded.value;
  assert.equal([type, epoch, sequenceNumber, length, end], [23, 1, 0x010203040506, 16, 16]);
  assert.equal(connectionId, EMPTY);
  assert.equal(fragment, hex("aabbcc"));
});

record("RFC 9146 4: a record of type 25 has its Connection ID before the length", () => {
  const decoded = decodeRecord(WITH_ID, 0, 4);
  assert.ok(decoded.ok);
  assert.equal(decoded.value.connectionId, hex("d1d2d3d4"));
  assert.equal(decoded.value.fragment, hex("eeff"));
});

record("RFC 6347 4.1.1: the second record of a datagram begins where the first ends", () => {
  const datagram = concat(PLAIN, WITH_ID);
  const decoded = decodeRecord(datagram, 16, 4);
  assert.ok(decoded.ok);
  assert.is(decoded.value.end, datagram.length);
});

for (const [what, bytes] of [
  ["without", PLAIN],
  ["with", WITH_ID],
] as const) {
  record(`RFC 6347 4.1.2.7: a record ${what} Connection ID, cut at any byte, is truncated`, () => {
    for (let length = 0; length < bytes.length; length++) {
      assert.is(errorOf(bytes.subarray(0, length)), "recordTruncated", `${length}`);
    }
    assert.is(errorOf(bytes), "");
  });
}

record("RFC 6347 4.1, RFC 9853 4: every content type but 20 to 23, 25 and 27 is unknown", () => {
  for (let type = 0; type < 256; type++) {
    const known = (type >= 20 && type <= 23) || type === 25 || type === 27;
    assert.is(errorOf(concat(Uint8Array.of(type), WITH_ID.subarray(1))) === "recordTypeUnknown", !known, `${type}`);
  }
});

record("RFC 9853 4: no return_routability_check comes unprotected", () => {
  assert.is(errorOf(hex("1b fefd 0000 000000000000 0000")), "recordTypeUnknown");
  assert.is(errorOf(hex("1b fefd 0001 000000000000 0000")), "");
});

for (const [version, epoch, wrong] of [
  ["fefd", "0000", false],
  ["fefd", "0001", false],
  ["feff", "0000", false],
  ["feff", "0001", true],
  ["fefc", "0000", true],
  ["0303", "0000", true],
] as const) {
  record(`RFC 6347 4.1: version ${version} in epoch ${epoch} is ${wrong ? "dropped" : "read"}`, () => {
    const bytes = hex(`16 ${version} ${epoch} 000000000000 0000`);
    assert.is(errorOf(bytes), wrong ? "recordVersion" : "");
  });
}

record("RFC 6347 4.1: a fragment of 2^14 + 2048 bytes is read, one byte more is an overflow", () => {
  const header = (length: number) => {
    const bytes = new Uint8Array(13);
    writeRecordHeader(bytes, 0, 23, 1, 0, EMPTY, length);
    return concat(bytes, new Uint8Array(length));
  };
  assert.is(errorOf(header(RECORD_FRAGMENT_LENGTH_MAX)), "");
  assert.is(errorOf(header(RECORD_FRAGMENT_LENGTH_MAX + 1)), "recordOverflow");
});

record("RFC 6347 4.1: what is written is read again, for any numbers of 16 and 48 bits", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(20, 21, 22, 23, 25),
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ maxLength: 50 }),
      (type, epoch, sequenceNumber, id, fragment) => {
        const connectionId = type === 25 ? id : EMPTY;
        const header = new Uint8Array(13 + connectionId.length);
        writeRecordHeader(header, 0, type, epoch, sequenceNumber, connectionId, fragment.length);
        const decoded = decodeRecord(concat(header, fragment), 0, 4);
        assert.ok(decoded.ok);
        assert.equal(
          [decoded.value.type, decoded.value.epoch, decoded.value.sequenceNumber],
          [type, epoch, sequenceNumber],
        );
        assert.equal(decoded.value.connectionId, connectionId);
        assert.equal(decoded.value.fragment, fragment);
      },
    ),
    { seed: 9146, numRuns: 500 },
  );
});

record("RFC 6347 4.1: what is left behind a record and is no header is truncated, whatever it begins with", () => {
  const datagram = new Uint8Array(RECORD_HEADER_LENGTH + 5);
  assert.equal(decodeRecord(datagram, RECORD_HEADER_LENGTH, 0), failed("recordTruncated"));
});

record.run();
