import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../../src/base/bytes.ts";
import { FileTarget, type PullTarget, targetFor } from "../../../src/cli/pull/target.ts";
import type { ImageSlot } from "../../../src/device/image-slot.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { imageSlot } from "../../support/image-slots.ts";
import { missing } from "../../support/peers.ts";

const test = suite("pull-target");
const scratch = scratchDirectories(test);

/** Puts text at the beginning of a new image. */
function writeTo(target: PullTarget, text: string): ImageSlot {
  const slot = imageSlot(target.slot, target.progress);
  slot.begin(Uint8Array.of(1));
  slot.write(0, toUtf8(text));
  return slot;
}

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

test("a file has its name only when it is whole, and then neither part nor record is left", () => {
  const file = join(scratch(), "image.bin");
  const target = new FileTarget(file);
  writeTo(target, "abcd");
  assert.not.ok(existsSync(file));
  target.finish(4, sha256("abcd"));
  assert.is(readFileSync(file, "utf8"), "abcd");
  assert.equal([existsSync(`${file}.part`), existsSync(`${file}.part.progress`)], [false, false]);
});

test("a pull that ends early leaves an earlier file alone, and what it has where the next one finds it", () => {
  const file = join(scratch(), "image.bin");
  writeFileSync(file, "earlier");
  const target = new FileTarget(file);
  writeTo(target, "x".repeat(64));
  assert.is(target.leave(true), `${file}.part`);
  assert.is(readFileSync(file, "utf8"), "earlier");
  const again = new FileTarget(file);
  assert.is(imageSlot(again.slot, again.progress).held.covered, 64);
  again.leave(true);
});

test("a pull that ends with nothing leaves nothing", () => {
  const file = join(scratch(), "image.bin");
  assert.is(new FileTarget(file).leave(true), undefined);
  assert.equal([existsSync(`${file}.part`), existsSync(`${file}.part.progress`)], [false, false]);
});

test("bytes that no later pull would go on from are taken away", () => {
  const file = join(scratch(), "image.bin");
  const target = new FileTarget(file);
  writeTo(target, "x".repeat(64));
  assert.is(target.leave(false), undefined);
  assert.equal([existsSync(`${file}.part`), existsSync(`${file}.part.progress`)], [false, false]);
});

test("a longer image that was there before leaves nothing behind the end", () => {
  const file = join(scratch(), "image.bin");
  const first = new FileTarget(file);
  writeTo(first, "y".repeat(10_000));
  first.leave(true);
  const second = new FileTarget(file);
  writeTo(second, "abc");
  second.finish(3, sha256("abc"));
  assert.is(readFileSync(file, "utf8"), "abc");
});

test("a record whose part was taken away speaks of nothing", () => {
  const file = join(scratch(), "image.bin");
  const target = new FileTarget(file);
  writeTo(target, "x".repeat(64));
  target.leave(true);
  rmSync(`${file}.part`);
  const again = new FileTarget(file);
  assert.is(imageSlot(again.slot, again.progress).etag, undefined);
  again.leave(true);
});

test("what an earlier pull has hashed is hashed once more before it has its name, and told where it is not the same", () => {
  const directory = scratch();
  const file = join(directory, "image.bin");
  const first = new FileTarget(file);
  writeTo(first, "x".repeat(8_192));
  first.leave(true);
  writeFileSync(`${file}.part`, `y${"x".repeat(8_191)}`);
  const second = new FileTarget(file);
  const slot = imageSlot(second.slot, second.progress);
  slot.setLength(8_192);
  assert.ok(slot.isWhole);
  assert.throws(() => second.finish(8_192, slot.digest()), /^somebody else has written into .*image\.bin\.part: /);
  second.leave(true);
  assert.equal(readdirSync(directory), []);
});

test("a file is one pull's at a time, and free again when that has ended", () => {
  const directory = scratch();
  const file = join(directory, "image.bin");
  const first = new FileTarget(file);
  assert.throws(() => new FileTarget(file), /^another pull is writing .*image\.bin: wait for its end, or give/);
  first.leave(true);
  const second = new FileTarget(file);
  writeTo(second, "abcd");
  second.finish(4, sha256("abcd"));
  new FileTarget(file).leave(true);
  assert.equal(readdirSync(directory), ["image.bin"]);
});

test("a file that cannot be made is one line with its path", () => {
  assert.throws(() => new FileTarget(join(scratch(), "none", "image.bin")), /^cannot write .*image\.bin\.part: ENOENT/);
});

test("a name that is a directory's is told before anything is pulled", () => {
  const file = join(scratch(), "image.bin");
  mkdirSync(file);
  assert.throws(() => new FileTarget(file), /^cannot write .*image\.bin: it is a directory$/);
  assert.not.ok(existsSync(`${file}.part`));
});

test("a symbolic link stays one, and what it leads to gets the image and keeps its mode", () => {
  const directory = scratch();
  const [link, file] = [join(directory, "link"), join(directory, "image.bin")];
  writeFileSync(file, "earlier and longer");
  chmodSync(file, 0o604);
  symlinkSync(file, link);
  const target = targetFor(link);
  writeTo(target, "abcd");
  target.finish(4, sha256("abcd"));
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.is(readFileSync(file, "utf8"), "abcd");
  assert.is(statSync(file).mode & 0o777, 0o604);
  assert.equal(readdirSync(directory), ["image.bin", "link"]);
});

test("a FIFO stays one, and its reader gets the image", async () => {
  const directory = scratch();
  const fifo = join(directory, "fifo");
  assert.is(spawnSync("mkfifo", [fifo]).status, 0);
  const reader = spawn("sh", ["-c", `cat ${fifo} > ${join(directory, "read")}`]);
  const target = targetFor(fifo);
  writeTo(target, "abcd");
  target.finish(4, sha256("abcd"));
  await once(reader, "close");
  assert.is(readFileSync(join(directory, "read"), "utf8"), "abcd");
  assert.ok(lstatSync(fifo).isFIFO());
});

// A device of our own, where we may make one: never one of the system's.
const device = join(scratch(), "null");
if (spawnSync("mknod", [device, "c", "1", "3"]).status === 0) {
  test("a device stays one", () => {
    const target = targetFor(device);
    writeTo(target, "abcd");
    target.finish(4, sha256("abcd"));
    assert.ok(lstatSync(device).isCharacterDevice());
  });
} else missing("a device of our own needs the rights of root");

test("a file that was there keeps its mode", () => {
  const file = join(scratch(), "image.bin");
  writeFileSync(file, "earlier");
  chmodSync(file, 0o640);
  const target = targetFor(file);
  writeTo(target, "abcd");
  target.finish(4, sha256("abcd"));
  assert.is(statSync(file).mode & 0o777, 0o640);
});

test.run();
