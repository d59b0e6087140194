import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { gcmCounterBlock, laterCounterBlock } from "../../src/crypto/counter-block.ts";
import { hex } from "../vectors/dtls.ts";

const test = suite("counter-block");

for (const [from, count, to] of [
  ["f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", 0, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"],
  // SP 800-38A F.5.1: the second block of its example.
  ["f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", 1, "f0f1f2f3f4f5f6f7f8f9fafbfcfdff00"],
  ["000000000000000000000000fffffffe", 3, "00000000000000000000000100000001"],
  ["00000000000000000000000000000001", 0x1_0000_0000, "00000000000000000000000100000001"],
  ["ffffffffffffffffffffffffffffffff", 1, "00000000000000000000000000000000"],
] as const) {
  test(`SP 800-38A 6.5: ${count} blocks after ${from}`, () => {
    const block = hex(from);
    assert.is(toHex(laterCounterBlock(block, count)), to);
    assert.is(toHex(block), from);
  });
}

test("a block that is a view is left as it is: Buffer's slice would share its bytes", () => {
  const block = Buffer.from(hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"));
  laterCounterBlock(block, 1);
  assert.is(toHex(block), "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
});

test("SP 800-38D 7.1: GCM's plaintext begins with the second block", () => {
  assert.is(toHex(gcmCounterBlock(hex("f14aab9d81d51f7ad943fe87"))), "f14aab9d81d51f7ad943fe8700000002");
});

test.run();
