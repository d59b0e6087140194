import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InvariantError } from "../../src/base/assert.ts";
import { ImageSlot, UNIT_LENGTH } from "../../src/device/image-slot.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { countingBytes } from "../support/coap-line.ts";
import { CuttingFlash, Power, PowerCut } from "../support/cutting-flash.ts";

const imageSlot = suite("image-slot");

const PAGE_LENGTH = 256;
const ETAG = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const HEADER_LENGTH = 17;

class Chips {
  readonly slot = new MemoryFlash(4 * PAGE_LENGTH, PAGE_LENGTH);
  readonly progress = new MemoryFlash(PAGE_LENGTH, PAGE_LENGTH);

  /** As after a reboot. */
  opened(): ImageSlot {
    return new ImageSlot(this.slot, this.progress);
  }

  begun(etag = ETAG): ImageSlot {
    const slot = this.opened();
    slot.begin(etag);
    return slot;
  }

  /** Over power that fails at the end of operation `cutAt` of what `use` does. */
  cutAt(cutAt: number, use: (slot: ImageSlot) => void): void {
    const power = new Power(cutAt, "middle");
    const slot = new ImageSlot(new CuttingFlash(this.slot, power), new CuttingFlash(this.progress, power));
    assert.throws(
      () => use(slot),
      (error: unknown) => error instanceof PowerCut,
    );
  }
}

imageSlot("blank flash holds no image", () => {
  const slot = new Chips().opened();
  assert.equal([slot.etag, slot.length, slot.held.covered, slot.isWhole], [undefined, undefined, 0, false]);
});

imageSlot("what was begun, told and written is there after a reboot", () => {
  const chips = new Chips();
  const before = chips.begun();
  before.setLength(500);
  before.write(128, countingBytes(128));
  const slot = chips.opened();
  assert.equal([slot.etag, slot.length, slot.held.ranges], [ETAG, 500, [{ start: 128, end: 256 }]]);
  assert.equal(slot.read(128, 128), countingBytes(128));
});

imageSlot("without a length what is whole is known by units", () => {
  const chips = new Chips();
  chips.begun().write(0, countingBytes(UNIT_LENGTH + 10));
  assert.equal(chips.opened().held.ranges, [{ start: 0, end: UNIT_LENGTH }]);
});

imageSlot("blocks smaller than a unit are marked once the unit is whole, in whatever order they came", () => {
  const chips = new Chips();
  const slot = chips.begun();
  for (const offset of [48, 0, 32]) slot.write(offset, countingBytes(16, offset));
  assert.is(chips.opened().held.covered, 0);
  slot.write(16, countingBytes(16, 16));
  assert.is(chips.opened().held.covered, UNIT_LENGTH);
});

imageSlot("the last unit ends where the image ends, and makes it whole", () => {
  const chips = new Chips();
  const slot = chips.begun();
  slot.setLength(100);
  slot.write(64, countingBytes(36));
  assert.not.ok(slot.isWhole);
  slot.write(0, countingBytes(64));
  assert.ok(slot.isWhole && chips.opened().isWhole);
});

imageSlot("an image of no bytes is whole at once", () => {
  const slot = new Chips().begun();
  slot.setLength(0);
  assert.ok(slot.isWhole);
});

for (const length of [PAGE_LENGTH - 1, PAGE_LENGTH, PAGE_LENGTH + 1, 4 * PAGE_LENGTH]) {
  imageSlot(`an image of ${length} bytes over an older one is what was written, and no page more is erased`, () => {
    const chips = new Chips();
    const older = chips.begun(Uint8Array.of(9));
    older.write(0, new Uint8Array(4 * PAGE_LENGTH).fill(0x5a));
    const slot = chips.begun();
    slot.setLength(length);
    for (let offset = 0; offset < length; offset += 64) {
      slot.write(offset, countingBytes(Math.min(64, length - offset), offset));
    }
    assert.equal(slot.read(0, length), countingBytes(length));
    const pageEnd = Math.ceil(length / PAGE_LENGTH) * PAGE_LENGTH;
    const behind = chips.slot.read(pageEnd, 4 * PAGE_LENGTH - pageEnd);
    assert.ok(behind.every((byte) => byte === 0x5a));
  });
}

imageSlot("a write over two pages erases both, and one that follows erases neither", () => {
  const chips = new Chips();
  chips.slot.write(0, new Uint8Array(4 * PAGE_LENGTH));
  const slot = chips.begun();
  slot.write(PAGE_LENGTH - 64, countingBytes(128));
  slot.write(PAGE_LENGTH + 64, countingBytes(64));
  assert.equal(slot.read(PAGE_LENGTH - 64, 128), countingBytes(128));
});

imageSlot("after a reboot a page with a mark is not erased again, and one without is", () => {
  const chips = new Chips();
  chips.slot.write(0, new Uint8Array(4 * PAGE_LENGTH));
  chips.begun().write(0, countingBytes(64));
  const slot = chips.opened();
  slot.write(64, countingBytes(64));
  slot.write(PAGE_LENGTH, countingBytes(64));
  assert.equal(slot.read(0, 64), countingBytes(64));
  assert.equal(slot.read(PAGE_LENGTH, 64), countingBytes(64));
});

imageSlot("bytes that are there already are left alone", () => {
  const slot = new Chips().begun();
  slot.write(0, countingBytes(64));
  slot.write(0, countingBytes(128));
  assert.equal(slot.read(0, 128), countingBytes(128));
});

imageSlot("the longest image is bounded by the slot, and by the marks", () => {
  assert.is(new Chips().opened().lengthMax, 4 * PAGE_LENGTH);
  const fewMarks = new ImageSlot(new MemoryFlash(2 ** 20, 4_096), new MemoryFlash(PAGE_LENGTH, PAGE_LENGTH));
  assert.is(fewMarks.lengthMax, (PAGE_LENGTH - HEADER_LENGTH) * UNIT_LENGTH);
});

imageSlot("pages that would part a unit are a mistake of ours", () => {
  const parted = new MemoryFlash(96, 96);
  assert.throws(
    () => new ImageSlot(parted, parted),
    (error: unknown) => error instanceof InvariantError,
  );
});

imageSlot("RFC 7252 5.10.6: an image without an ETag cannot be known again after a reboot", () => {
  const chips = new Chips();
  const slot = chips.begun(new Uint8Array(0));
  slot.write(0, countingBytes(64));
  assert.equal([slot.etag?.length, slot.held.covered], [0, 64]);
  assert.equal([chips.opened().etag, chips.opened().held.covered], [undefined, 0]);
});

imageSlot("beginning anew forgets all marks of the image before", () => {
  const chips = new Chips();
  chips.begun().write(0, countingBytes(256));
  const slot = chips.begun(Uint8Array.of(7));
  assert.is(slot.held.covered, 0);
  assert.equal([chips.opened().etag, chips.opened().held.covered], [Uint8Array.of(7), 0]);
});

imageSlot("a length of which a cut left half is none, and can be written over it", () => {
  const chips = new Chips();
  chips.begun();
  chips.cutAt(1, (slot) => slot.setLength(0x0180));
  const slot = chips.opened();
  assert.is(slot.length, undefined);
  slot.setLength(0x0180);
  assert.is(chips.opened().length, 0x0180);
});

imageSlot("a mark of which a cut left half counts: what it speaks of was written before it", () => {
  const chips = new Chips();
  chips.begun();
  // The slot is erased, then written, then marked.
  chips.cutAt(3, (slot) => slot.write(0, countingBytes(64)));
  const slot = chips.opened();
  assert.is(slot.held.covered, 64);
  assert.equal(slot.read(0, 64), countingBytes(64));
});

imageSlot("bytes of which a cut left half are not held, and can be written over", () => {
  const chips = new Chips();
  const begun = chips.begun();
  begun.write(64, countingBytes(64, 64));
  chips.cutAt(1, (slot) => slot.write(0, countingBytes(64)));
  const slot = chips.opened();
  assert.equal(slot.held.ranges, [{ start: 64, end: 128 }]);
  slot.write(0, countingBytes(64));
  assert.equal(slot.read(0, 128), countingBytes(128));
});

imageSlot.run();
