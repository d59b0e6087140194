import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { FileTarget, HashingTarget } from "../../src/cli/pull-target.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";

const test = suite("pull-target");
const scratch = scratchDirectories(test);

test("a file has its name only when it is whole", () => {
  const file = join(scratch(), "image.bin");
  const target = new FileTarget(file);
  target.write(toUtf8("ab"));
  target.write(toUtf8("cd"));
  assert.not.ok(existsSync(file));
  target.finish();
  assert.is(readFileSync(file, "utf8"), "abcd");
  assert.not.ok(existsSync(`${file}.part`));
});

test("a pull that fails leaves the file of an earlier one alone and takes its own part away", () => {
  const file = join(scratch(), "image.bin");
  writeFileSync(file, "earlier");
  const target = new FileTarget(file);
  target.write(toUtf8("later"));
  target.discard();
  assert.is(readFileSync(file, "utf8"), "earlier");
  assert.not.ok(existsSync(`${file}.part`));
});

test("after a restart nothing of the first attempt is left, in the file and in the digest", () => {
  const file = join(scratch(), "image.bin");
  const target = new HashingTarget(new FileTarget(file));
  target.write(toUtf8("a longer first attempt"));
  target.restart();
  target.write(toUtf8("abc"));
  target.finish();
  assert.is(readFileSync(file, "utf8"), "abc");
  assert.is(target.length, 3);
  assert.is(toHex(target.sha256()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("a file that cannot be made is one line with its path", () => {
  assert.throws(() => new FileTarget(join(scratch(), "none", "image.bin")), /^cannot write .*image\.bin\.part: ENOENT/);
});

test("a name that is a directory's is one line when the pull ends", () => {
  const file = join(scratch(), "image.bin");
  mkdirSync(join(file, "full"), { recursive: true });
  const target = new FileTarget(file);
  assert.throws(() => target.finish(), /cannot write .*image\.bin: EISDIR/);
  target.discard();
  assert.not.ok(existsSync(`${file}.part`));
});

test.run();
