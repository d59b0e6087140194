import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import type { FleetRecord } from "../../src/fleet/fleet-record.ts";
import { decodeFleetRecord, encodeFleetRecord } from "../../src/fleet-store/record-bytes.ts";
import { BEGIN } from "./scene.ts";

const test = suite("record-bytes");

const RECORD: FleetRecord = {
  wall: BEGIN,
  time: BEGIN - 0.5,
  device: undefined,
  change: {
    kind: "acted",
    person: "anna",
    action: {
      kind: "rolloutCreate",
      draft: {
        name: "r",
        product: "pump",
        version: "1.3.0",
        phases: [{ kind: "share", share: 0.05 }],
        group: undefined,
      },
    },
  },
};

test("a record is read as it was written, fields that are undefined and shares of a hundred included", () => {
  const read = decodeFleetRecord(encodeFleetRecord(RECORD));
  assert.equal(read, RECORD);
  assert.ok("device" in read);
});

test("RFC 8949 4.2.1: one record has one encoding, in whatever order its fields were made", () => {
  const { wall, time, device, change } = RECORD;
  const other = encodeFleetRecord({ change, device, time, wall });
  assert.is(toHex(other), toHex(encodeFleetRecord(RECORD)));
});

test.run();
