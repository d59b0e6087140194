import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat } from "../../../src/base/bytes.ts";
import { HeldRecords } from "../../../src/dtls/handshake/held-records.ts";
import { HELD_RECORD_LENGTH_MAX, HELD_RECORDS_MAX } from "../../../src/dtls/parameters.ts";
import { decodeRecord } from "../../../src/dtls/record/record.ts";
import { hex } from "../../vectors/dtls.ts";

const heldRecords = suite("held-records");

function recordOf(datagram: Uint8Array) {
  const decoded = decodeRecord(datagram, 0, 4);
  assert.ok(decoded.ok);
  return decoded.value;
}

const DATAGRAM = hex("19 fefd 0001 000000000007 d1d2d3d4 0002 eeff");

heldRecords("RFC 6347 4.1: records come out in the order they came in, and once", () => {
  const held = new HeldRecords();
  for (const sequenceNumber of [3, 1, 2]) {
    const datagram = Uint8Array.from(DATAGRAM);
    datagram[10] = sequenceNumber;
    held.hold(recordOf(datagram));
  }
  assert.equal(
    held.release().map((record) => record.sequenceNumber),
    [3, 1, 2],
  );
  assert.is(held.release().length, 0);
});

heldRecords("a held record shares no memory with its datagram", () => {
  const held = new HeldRecords();
  const datagram = Uint8Array.from(DATAGRAM);
  held.hold(recordOf(datagram));
  datagram.fill(0);
  const [record] = held.release();
  assert.equal([record!.connectionId, record!.fragment], [hex("d1d2d3d4"), hex("eeff")]);
});

heldRecords("HELD_RECORDS_MAX and HELD_RECORD_LENGTH_MAX: what does not fit is not held", () => {
  const held = new HeldRecords();
  const recordWith = (length: number) => {
    const datagram = concat(DATAGRAM.subarray(0, 15), Uint8Array.of(length >> 8, length & 255), new Uint8Array(length));
    return recordOf(datagram);
  };
  assert.is(held.hold(recordWith(HELD_RECORD_LENGTH_MAX + 1)), "heldRecordsFull");
  for (let i = 0; i < HELD_RECORDS_MAX; i++) assert.is(held.hold(recordWith(HELD_RECORD_LENGTH_MAX)), undefined);
  assert.is(held.hold(recordWith(2)), "heldRecordsFull");
});

heldRecords.run();
