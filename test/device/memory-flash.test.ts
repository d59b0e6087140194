import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InvariantError } from "../../src/base/assert.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";

const memoryFlash = suite("memory-flash");

function assertMistake(step: () => unknown): void {
  assert.throws(step, (error: unknown) => error instanceof InvariantError);
}

memoryFlash("it begins blank", () => {
  assert.equal(new MemoryFlash(64, 32).read(30, 4), new Uint8Array(4).fill(0xff));
});

memoryFlash("what is written is read, over the edge of a page too", () => {
  const flash = new MemoryFlash(64, 32);
  flash.write(30, Uint8Array.of(1, 2, 3, 4));
  assert.equal(flash.read(29, 6), Uint8Array.of(0xff, 1, 2, 3, 4, 0xff));
});

memoryFlash("a write may clear bits again, and none may set one", () => {
  const flash = new MemoryFlash(64, 32);
  flash.write(0, Uint8Array.of(0x0f));
  flash.write(0, Uint8Array.of(0x03));
  assertMistake(() => flash.write(0, Uint8Array.of(0x13)));
});

memoryFlash("an erased page is blank, and its neighbour is as it was", () => {
  const flash = new MemoryFlash(64, 32);
  flash.write(31, Uint8Array.of(1, 2));
  flash.erasePage(0);
  assert.equal(flash.read(31, 2), Uint8Array.of(0xff, 2));
});

memoryFlash("what is read is a copy", () => {
  const flash = new MemoryFlash(64, 32);
  flash.read(0, 4).fill(0);
  assert.is(flash.read(0, 1)[0], 0xff);
});

memoryFlash("what lies behind its end, or between pages, is a mistake of ours", () => {
  const flash = new MemoryFlash(64, 32);
  assertMistake(() => flash.write(63, Uint8Array.of(1, 2)));
  assertMistake(() => flash.read(60, 5));
  assertMistake(() => flash.erasePage(16));
  assertMistake(() => flash.erasePage(64));
  assertMistake(() => new MemoryFlash(65, 32));
});

memoryFlash.run();
