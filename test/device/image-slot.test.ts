import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InvariantError } from "../../src/base/assert.ts";
import { type ImageSlot, UNIT_LENGTH } from "../../src/device/image-slot.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { countingBytes } from "../support/coap-line.ts";
import { CuttingFlash, Power, PowerCut } from "../support/cutting-flash.ts";
import { imageSlot } from "../support/image-slots.ts";

const test = suite("image-slot");

const PAGE_LENGTH = 256;
const ETAG = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const HEADER_LENGTH = 34;

class Chips {
  readonly slot = new MemoryFlash(4 * PAGE_LENGTH, PAGE_LENGTH);
  readonly progress = new MemoryFlash(3 * PAGE_LENGTH, PAGE_LENGTH);

  /** As after a reboot. */
  opened(): ImageSlot {
    return imageSlot(this.slot, this.progress);
  }

  begun(etag = ETAG): ImageSlot {
    const slot = this.opened();
    slot.begin(etag);
    return slot;
  }

  /** Over power that fails at the end of operation `cutAt` of what `use` does. */
  cutAt(cutAt: number, use: (slot: ImageSlot) => void): void {
    const power = new Power(cutAt, "middle");
    const slot = imageSlot(new CuttingFlash(this.slot, power), new CuttingFlash(this.progress, power));
    assert.throws(
      () => use(slot),
      (error: unknown) => error instanceof PowerCut,
    );
  }
}

test("blank flash holds no image", () => {
  const slot = new Chips().opened();
  assert.equal([slot.etag, slot.length, slot.held.covered, slot.isWhole], [undefined, undefined, 0, false]);
});

test("what was begun, told and written is there after a reboot", () => {
  const chips = new Chips();
  const before = chips.begun();
  before.setLength(500);
  before.write(128, countingBytes(128));
  const slot = chips.opened();
  assert.equal([slot.etag, slot.length, slot.held.ranges], [ETAG, 500, [{ start: 128, end: 256 }]]);
  assert.equal(slot.read(128, 128), countingBytes(128));
});

test("without a length what is whole is known by units", () => {
  const chips = new Chips();
  chips.begun().write(0, countingBytes(UNIT_LENGTH + 10));
  assert.equal(chips.opened().held.ranges, [{ start: 0, end: UNIT_LENGTH }]);
});

test("blocks smaller than a unit are marked once the unit is whole, in whatever order they came", () => {
  const chips = new Chips();
  const slot = chips.begun();
  for (const offset of [48, 0, 32]) slot.write(offset, countingBytes(16, offset));
  assert.is(chips.opened().held.covered, 0);
  slot.write(16, countingBytes(16, 16));
  assert.is(chips.opened().held.covered, UNIT_LENGTH);
});

test("the last unit ends where the image ends, and makes it whole", () => {
  const chips = new Chips();
  const slot = chips.begun();
  slot.setLength(100);
  slot.write(64, countingBytes(36));
  assert.not.ok(slot.isWhole);
  slot.write(0, countingBytes(64));
  assert.ok(slot.isWhole && chips.opened().isWhole);
});

test("an image of no bytes is whole at once", () => {
  const slot = new Chips().begun();
  slot.setLength(0);
  assert.ok(slot.isWhole);
});

for (const length of [PAGE_LENGTH - 1, PAGE_LENGTH, PAGE_LENGTH + 1, 4 * PAGE_LENGTH]) {
  test(`an image of ${length} bytes over an older one is what was written, and no page more is erased`, () => {
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

test("a write over two pages erases both, and one that follows erases neither", () => {
  const chips = new Chips();
  chips.slot.write(0, new Uint8Array(4 * PAGE_LENGTH));
  const slot = chips.begun();
  slot.write(PAGE_LENGTH - 64, countingBytes(128));
  slot.write(PAGE_LENGTH + 64, countingBytes(64));
  assert.equal(slot.read(PAGE_LENGTH - 64, 128), countingBytes(128));
});

test("after a reboot a page with a mark is not erased again, and one without is", () => {
  const chips = new Chips();
  chips.slot.write(0, new Uint8Array(4 * PAGE_LENGTH));
  chips.begun().write(0, countingBytes(64));
  const slot = chips.opened();
  slot.write(64, countingBytes(64));
  slot.write(PAGE_LENGTH, countingBytes(64));
  assert.equal(slot.read(0, 64), countingBytes(64));
  assert.equal(slot.read(PAGE_LENGTH, 64), countingBytes(64));
});

test("bytes that are there already are left alone", () => {
  const slot = new Chips().begun();
  slot.write(0, countingBytes(64));
  slot.write(0, countingBytes(128));
  assert.equal(slot.read(0, 128), countingBytes(128));
});

test("the longest image is bounded by the slot, and by the marks", () => {
  assert.is(new Chips().opened().lengthMax, 4 * PAGE_LENGTH);
  const fewMarks = imageSlot(new MemoryFlash(2 ** 20, 4_096), new MemoryFlash(3 * PAGE_LENGTH, PAGE_LENGTH));
  assert.is(fewMarks.lengthMax, (PAGE_LENGTH - HEADER_LENGTH) * UNIT_LENGTH);
});

test("pages that would part a unit are a mistake of ours", () => {
  const parted = new MemoryFlash(96, 96);
  assert.throws(
    () => imageSlot(parted, parted),
    (error: unknown) => error instanceof InvariantError,
  );
});

test("RFC 7252 5.10.6: an image without an ETag cannot be known again after a reboot", () => {
  const chips = new Chips();
  const slot = chips.begun(new Uint8Array(0));
  slot.write(0, countingBytes(64));
  assert.equal([slot.etag?.length, slot.held.covered], [0, 64]);
  assert.equal([chips.opened().etag, chips.opened().held.covered], [undefined, 0]);
});

test("beginning anew forgets all marks of the image before", () => {
  const chips = new Chips();
  chips.begun().write(0, countingBytes(256));
  const slot = chips.begun(Uint8Array.of(7));
  assert.is(slot.held.covered, 0);
  assert.equal([chips.opened().etag, chips.opened().held.covered], [Uint8Array.of(7), 0]);
});

test("a length of which a cut left half is none, and can be written over it", () => {
  const chips = new Chips();
  chips.begun();
  chips.cutAt(1, (slot) => slot.setLength(0x0180));
  const slot = chips.opened();
  assert.is(slot.length, undefined);
  slot.setLength(0x0180);
  assert.is(chips.opened().length, 0x0180);
});

test("a mark of which a cut left half counts: what it speaks of was written before it", () => {
  const chips = new Chips();
  chips.begun();
  // The slot is erased, then written, then marked.
  chips.cutAt(3, (slot) => slot.write(64, countingBytes(64)));
  const slot = chips.opened();
  assert.is(slot.held.covered, 64);
  assert.equal(slot.read(64, 64), countingBytes(64));
});

test("a hash state of which a cut left half is none, and one that is whole counts without a mark", () => {
  for (const [cutAt, covered] of [
    [3, 0],
    [4, 64],
  ] as const) {
    const chips = new Chips();
    chips.begun();
    // The slot is erased, then written, then the state is saved, then the unit marked.
    chips.cutAt(cutAt, (slot) => slot.write(0, countingBytes(64)));
    const slot = chips.opened();
    assert.is(slot.held.covered, covered);
    slot.setLength(64);
    slot.write(0, countingBytes(64));
    assert.equal(slot.digest(), sha256(countingBytes(64)));
  }
});

test("RFC 7252 5.10.6: what is there of one resource is nothing for another one, be the ETag the same", () => {
  const chips = new Chips();
  chips.begun().write(0, countingBytes(64));
  const resource = new Uint8Array(8).fill(7);
  const other = imageSlot(chips.slot, chips.progress, { resource });
  assert.equal([other.etag, other.held.covered], [undefined, 0]);
  other.begin(ETAG);
  assert.is(imageSlot(chips.slot, chips.progress, { resource }).held.covered, 0);
  assert.is(chips.opened().etag, undefined);
});

test("a record of the version before, which began with the ETag's length, speaks of nothing", () => {
  const chips = new Chips();
  for (const page of [0, 1, 2]) chips.progress.write(page * PAGE_LENGTH, Uint8Array.of(8, 1, 2, 3, 4, 5, 6, 7, 8));
  assert.is(chips.opened().etag, undefined);
  assert.is(chips.begun().held.covered, 0);
});

test("an image longer than is wanted does not fit, be there room for it or not", () => {
  const chips = new Chips();
  assert.is(imageSlot(chips.slot, chips.progress, { lengthMax: 100 }).lengthMax, 100);
  assert.is(imageSlot(chips.slot, chips.progress, { lengthMax: 2 ** 20 }).lengthMax, 4 * PAGE_LENGTH);
});

test("a length that does not go over the one on flash is known until the restart, and learned again then", () => {
  const chips = new Chips();
  const slot = chips.begun();
  slot.setToldLength(0x0f);
  slot.setToldLength(0xf0);
  assert.is(slot.expectedLength, 0xf0);
  assert.is(chips.opened().expectedLength, 0x0f);
  chips.cutAt(1, (cut) => cut.setLength(0x0180));
  const again = chips.opened();
  again.setLength(0x7e7e);
  assert.is(again.length, 0x7e7e);
  assert.is(chips.opened().length, undefined);
});

test("bytes of which a cut left half are not held, and can be written over", () => {
  const chips = new Chips();
  const begun = chips.begun();
  begun.write(64, countingBytes(64, 64));
  chips.cutAt(1, (slot) => slot.write(0, countingBytes(64)));
  const slot = chips.opened();
  assert.equal(slot.held.ranges, [{ start: 64, end: 128 }]);
  slot.write(0, countingBytes(64));
  assert.equal(slot.read(0, 128), countingBytes(128));
});

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

test.run();
