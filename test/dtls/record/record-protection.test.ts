import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, EMPTY } from "../../../src/base/bytes.ts";
import { additionalData, innerContentLength } from "../../../src/dtls/record/record-protection.ts";
import { hex } from "../../vectors/dtls.ts";

const recordProtection = suite("record-protection");

const CONTEXT = { type: 22, epoch: 0x0102, sequenceNumber: 0x030405060708, connectionId: EMPTY };

recordProtection("RFC 5246 6.2.3.3: additional data is epoch and sequence number, type, version, length", () => {
  assert.equal(additionalData(CONTEXT, 0x090a), hex("0102 030405060708 16 fefd 090a"));
});

recordProtection("RFC 9146 5: additional data of a record with Connection ID", () => {
  const context = { ...CONTEXT, type: 25, connectionId: hex("c1c2") };
  assert.equal(additionalData(context, 0x090a), hex("ffffffffffffffff 19 02 19 fefd 0102 030405060708 c1c2 090a"));
});

recordProtection("RFC 9146 4: any content, zeros at its end too, and any padding come apart again", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.integer({ min: 1, max: 255 }),
      fc.nat({ max: 40 }),
      (content, type, padding) => {
        const inner = concat(content, Uint8Array.of(type), new Uint8Array(padding));
        const length = innerContentLength(inner);
        assert.is(inner[length], type);
        assert.equal(inner.subarray(0, length), content);
      },
    ),
    { seed: 9146, numRuns: 300 },
  );
});

for (const length of [0, 1, 40]) {
  recordProtection(`RFC 9146 4: ${length} zeros and nothing else name no type`, () => {
    assert.is(innerContentLength(new Uint8Array(length)), -1);
  });
}

recordProtection.run();
