import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileFlash } from "../../src/shell/file-flash.ts";
import { ProgressFile } from "../../src/shell/progress-file.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";

const test = suite("progress-file");
const scratch = scratchDirectories(test);

const PAGE_LENGTH = 4_096;

/** A slot that counts how often it was made safe. */
class CountingSlot extends FileFlash {
  syncCount = 0;

  override sync(): void {
    super.sync();
    this.syncCount++;
  }
}

function scene() {
  const directory = scratch();
  const path = join(directory, "record");
  const slot = new CountingSlot(join(directory, "slot"), PAGE_LENGTH, PAGE_LENGTH);
  return { path, slot, record: new ProgressFile(new FileFlash(path, 2 * PAGE_LENGTH, PAGE_LENGTH), slot) };
}

test("marks wait for save(), which makes the slot safe before it writes them", () => {
  const { path, slot, record } = scene();
  record.write(3, Uint8Array.of(0, 0));
  assert.equal([readFileSync(path).length, slot.syncCount], [0, 0]);
  record.save();
  assert.equal([...readFileSync(path)], [0xff, 0xff, 0xff, 0, 0]);
  assert.is(slot.syncCount, 1);
});

test("save() without marks does nothing", () => {
  const { slot, record } = scene();
  record.save();
  assert.is(slot.syncCount, 0);
});

test("what was written is read, saved or not, and whatever becomes of the buffer it came in", () => {
  const { record } = scene();
  const bytes = Uint8Array.of(1, 2);
  record.write(0, bytes);
  bytes.fill(9);
  assert.equal(record.read(0, 3), Uint8Array.of(1, 2, 0xff));
});

test("erasing is done at once: the marks must be gone before what they speak of is", () => {
  const { path, record } = scene();
  record.write(0, Uint8Array.of(1));
  record.write(PAGE_LENGTH, Uint8Array.of(2));
  record.erasePage(0);
  const bytes = readFileSync(path);
  assert.equal([bytes[0], bytes[PAGE_LENGTH]], [0xff, 2]);
  record.close();
});

test.run();
