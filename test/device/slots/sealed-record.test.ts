// Must hold whatever the power does: a record is the one before or the one after, and the next one can be written.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InvariantError } from "../../../src/base/assert.ts";
import { MemoryFlash } from "../../../src/device/memory-flash.ts";
import { SealedRecord } from "../../../src/device/slots/sealed-record.ts";
import { countingBytes } from "../../support/coap-line.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { CuttingFlash, Power, PowerCut } from "../../support/cutting-flash.ts";

const test = suite("sealed-record");

const PAGE_LENGTH = 128;
/** Two or three entries to a page, so that both pages are begun anew again and again. */
const BODIES = Array.from({ length: 12 }, (_, i) => countingBytes(30 + (i % 5), i));

function chip(): MemoryFlash {
  return new MemoryFlash(2 * PAGE_LENGTH, PAGE_LENGTH);
}

test("blank flash and flash full of anything hold no record", () => {
  for (const byte of [0xff, 0, 1, 0x5a]) {
    const flash = chip();
    flash.write(0, new Uint8Array(2 * PAGE_LENGTH).fill(byte));
    const record = new SealedRecord(flash, CRYPTO);
    assert.is(record.body, undefined);
    record.write(BODIES[0]!);
    assert.equal(new SealedRecord(flash, CRYPTO).body, BODIES[0]);
  }
});

test("what was written last is there after a restart, over more entries than both pages hold", () => {
  const flash = chip();
  for (const body of BODIES) {
    new SealedRecord(flash, CRYPTO).write(body);
    assert.equal(new SealedRecord(flash, CRYPTO).body, body);
  }
});

test("a body of a whole page fits, and a longer one is a mistake of ours", () => {
  const flash = chip();
  const record = new SealedRecord(flash, CRYPTO);
  for (const number of [1, 2, 3]) record.write(countingBytes(record.lengthMax, number));
  assert.equal(new SealedRecord(flash, CRYPTO).body, countingBytes(record.lengthMax, 3));
  assert.throws(
    () => record.write(countingBytes(record.lengthMax + 1)),
    (error: unknown) => error instanceof InvariantError,
  );
});

test("power that fails at any operation leaves the record before or after, and the next one is written over it", () => {
  for (const moment of ["before", "middle", "after"] as const) {
    let cutAt = 1;
    for (; cutWrites(cutAt, moment); cutAt++);
    assert.ok(cutAt > BODIES.length, `${moment}: ${cutAt} operations`);
  }
});

/** Writes all bodies over power that fails once; false where it did not. */
function cutWrites(cutAt: number, moment: "before" | "middle" | "after"): boolean {
  const flash = chip();
  const power = new Power(cutAt, moment);
  const record = new SealedRecord(new CuttingFlash(flash, power), CRYPTO);
  for (const [i, body] of BODIES.entries()) {
    try {
      record.write(body);
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      const left = new SealedRecord(flash, CRYPTO);
      const expected = [BODIES[i - 1], body].map(String);
      assert.ok(expected.includes(String(left.body)), `cut ${moment} operation ${cutAt}`);
      left.write(body);
      assert.equal(new SealedRecord(flash, CRYPTO).body, body, `cut ${moment} operation ${cutAt}`);
      return true;
    }
  }
  return false;
}

test("a flipped bit of the newest entry gives the one before", () => {
  const flash = chip();
  const record = new SealedRecord(flash, CRYPTO);
  record.write(BODIES[0]!);
  record.write(BODIES[1]!);
  // The first byte of the second body; what is written is more zeros, never ones.
  flash.write(6 + 30 + 8 + 6, Uint8Array.of(0));
  assert.equal(new SealedRecord(flash, CRYPTO).body, BODIES[0]);
});

test.run();
