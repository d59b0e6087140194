// Must hold whatever the power does: after a restart the digest is right, and no byte of the image was read for it.

import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { PrefixHash } from "../../src/device/prefix-hash.ts";
import { countingBytes } from "../support/coap-line.ts";
import { CRYPTO } from "../support/crypto.ts";
import { type CutMoment, CuttingFlash, Power, PowerCut } from "../support/cutting-flash.ts";
import { imageSlot } from "../support/image-slots.ts";

const prefixHash = suite("prefix-hash");

const PAGE_LENGTH = 256;
const BLOCK_LENGTH = 64;
/** More states than both pages hold, and an end in the middle of a unit. */
const IMAGE = countingBytes(20 * BLOCK_LENGTH + 7);
const DIGEST = new Uint8Array(createHash("sha256").update(IMAGE).digest());

/** Flash that counts the bytes that are read of it. */
class CountingFlash extends CuttingFlash {
  readLength = 0;

  override read(offset: number, length: number): Uint8Array {
    this.readLength += length;
    return super.read(offset, length);
  }
}

prefixHash("a state is there after a restart, and goes on as if nothing had been", () => {
  const flash = new MemoryFlash(2 * PAGE_LENGTH, PAGE_LENGTH);
  const before = new PrefixHash(CRYPTO, flash);
  for (let offset = 0; offset < 640; offset += BLOCK_LENGTH) {
    before.update(IMAGE.subarray(offset, offset + BLOCK_LENGTH));
    before.save();
  }
  const after = new PrefixHash(CRYPTO, flash);
  after.recover();
  assert.is(after.length, 640);
  after.update(IMAGE.subarray(640));
  assert.equal(after.digest(), DIGEST);
});

prefixHash("blank flash and flash full of anything hold no state", () => {
  for (const byte of [0xff, 0, 1, 39]) {
    const flash = new MemoryFlash(2 * PAGE_LENGTH, PAGE_LENGTH);
    flash.write(0, new Uint8Array(2 * PAGE_LENGTH).fill(byte));
    const hash = new PrefixHash(CRYPTO, flash);
    hash.recover();
    assert.is(hash.length, 0);
    hash.update(IMAGE);
    hash.save();
    const again = new PrefixHash(CRYPTO, flash);
    again.recover();
    assert.equal(again.digest(), DIGEST);
  }
});

/** A download in order over power that fails once; gives back the operations of the first run. */
function cutDownload(cutAt: number, moment: CutMoment): number {
  const chips = [new MemoryFlash(8 * PAGE_LENGTH, PAGE_LENGTH), new MemoryFlash(4 * PAGE_LENGTH, PAGE_LENGTH)] as const;
  const power = new Power(cutAt, moment);
  let readLength = 0;
  const run = (runPower: Power) => {
    const flash = new CountingFlash(chips[0], runPower);
    try {
      const slot = imageSlot(flash, new CuttingFlash(chips[1], runPower));
      if (slot.etag === undefined) slot.begin(Uint8Array.of(1));
      for (const { start, end } of slot.held.gaps(0, IMAGE.length)) {
        for (let at = start; at < end; at += BLOCK_LENGTH) {
          if (at + BLOCK_LENGTH >= IMAGE.length) slot.setLength(IMAGE.length);
          slot.write(at, IMAGE.subarray(at, Math.min(end, at + BLOCK_LENGTH)));
        }
      }
      if (slot.length === undefined) slot.setLength(IMAGE.length);
      assert.equal(slot.digest(), DIGEST, `cut ${moment} operation ${cutAt}`);
    } finally {
      readLength += flash.readLength;
    }
  };
  try {
    run(power);
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
    run(new Power());
  }
  assert.is(readLength, 0, `cut ${moment} operation ${cutAt}: ${readLength} bytes of the image were read`);
  return power.operations;
}

for (const moment of ["before", "middle", "after"] as const) {
  prefixHash(
    `a power cut ${moment} each operation on flash: the digest is right, and the slot is not read for it`,
    () => {
      const operations = cutDownload(Number.POSITIVE_INFINITY, moment);
      assert.ok(operations > 60);
      for (let cutAt = 1; cutAt <= operations; cutAt++) cutDownload(cutAt, moment);
    },
  );
}

prefixHash(
  "what came out of order is read once, when the gap before it is filled, and not again after a restart",
  () => {
    const chips = [
      new MemoryFlash(8 * PAGE_LENGTH, PAGE_LENGTH),
      new MemoryFlash(4 * PAGE_LENGTH, PAGE_LENGTH),
    ] as const;
    const flash = new CountingFlash(chips[0], new Power());
    const slot = imageSlot(flash, chips[1]);
    slot.begin(Uint8Array.of(1));
    slot.setLength(IMAGE.length);
    slot.write(BLOCK_LENGTH, IMAGE.subarray(BLOCK_LENGTH));
    slot.write(0, IMAGE.subarray(0, BLOCK_LENGTH));
    assert.is(flash.readLength, IMAGE.length - BLOCK_LENGTH);
    assert.equal(imageSlot(flash, chips[1]).digest(), DIGEST);
    assert.is(flash.readLength, IMAGE.length - BLOCK_LENGTH);
  },
);

prefixHash.run();
