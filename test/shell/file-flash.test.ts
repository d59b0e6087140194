import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileFlash } from "../../src/shell/file-flash.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { countingBytes } from "../support/coap-line.ts";

const test = suite("file-flash");
const scratch = scratchDirectories(test);

const PAGE_LENGTH = 4_096;

/** The file, and flash of 16 pages over it. */
function opened(path = join(scratch(), "flash")) {
  return { path, flash: new FileFlash(path, 16 * PAGE_LENGTH, PAGE_LENGTH) };
}

test("a new file is blank, and has no bytes", () => {
  const { path, flash } = opened();
  assert.equal(flash.read(5_000, 3), new Uint8Array(3).fill(0xff));
  assert.is(statSync(path).size, 0);
  flash.close();
});

test("what is written is there when the file is opened again", () => {
  const { path, flash } = opened();
  flash.write(10, countingBytes(20));
  flash.close();
  const again = opened(path).flash;
  assert.equal(again.read(9, 3), Uint8Array.of(0xff, 0, 1));
  assert.equal(again.read(29, 3), Uint8Array.of(19, 0xff, 0xff));
  again.close();
});

test("a gap that a write leaves is blank", () => {
  const { path, flash } = opened();
  flash.write(2 * PAGE_LENGTH + 1, Uint8Array.of(7));
  flash.close();
  const bytes = readFileSync(path);
  assert.is(bytes.length, 2 * PAGE_LENGTH + 2);
  assert.ok(bytes.subarray(0, -1).every((byte) => byte === 0xff));
});

test("an erased page is blank and its neighbours stay; at the file's end it is cut off", () => {
  const { path, flash } = opened();
  flash.write(0, new Uint8Array(3 * PAGE_LENGTH));
  flash.erasePage(PAGE_LENGTH);
  assert.equal(flash.read(PAGE_LENGTH - 1, 2), Uint8Array.of(0, 0xff));
  assert.equal(flash.read(2 * PAGE_LENGTH - 1, 2), Uint8Array.of(0xff, 0));
  flash.erasePage(2 * PAGE_LENGTH);
  assert.is(statSync(path).size, 2 * PAGE_LENGTH);
  flash.erasePage(8 * PAGE_LENGTH);
  assert.is(statSync(path).size, 2 * PAGE_LENGTH);
  flash.close();
});

test("what the file held before is kept, and can be cut off", () => {
  const { path } = opened();
  writeFileSync(path, "abcdef");
  const { flash } = opened(path);
  assert.is(Buffer.from(flash.read(0, 3)).toString(), "abc");
  flash.truncate(2);
  flash.truncate(4);
  assert.is(readFileSync(path, "utf8"), "ab");
  flash.close();
  flash.close();
});

test("a file that cannot be made is the system's error", () => {
  assert.throws(() => new FileFlash(join(scratch(), "none", "flash"), PAGE_LENGTH, PAGE_LENGTH), /ENOENT/);
});

test.run();
