import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openDataDirectory, shareDataDirectory } from "../../src/store/data-directory.ts";
import { scratchDirectories, throwsStoreError } from "./scratch-directory.ts";

const test = suite("data-directory");
const scratch = scratchDirectories(test);

function scratchOfMode(mode: number): string {
  const directory = scratch();
  chmodSync(directory, mode);
  return directory;
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

test("an absent directory is made for its owner only", () => {
  const directory = join(scratch(), "a", "b");
  openDataDirectory(directory);
  assert.is(modeOf(directory), 0o700);
});

for (const mode of [0o701, 0o704, 0o702, 0o755, 0o777, 0o770, 0o720]) {
  test(`a directory of mode ${mode.toString(8)} is refused with the command that mends it`, () => {
    const directory = scratchOfMode(mode);
    throwsStoreError(() => openDataDirectory(directory), "permissions", `chmod 700 ${directory}`);
    chmodSync(directory, 0o700);
    openDataDirectory(directory);
  });
}

for (const mode of [0o750, 0o710, 0o740]) {
  test(`a directory of mode ${mode.toString(8)} is refused until the operator names the group`, () => {
    const directory = scratchOfMode(mode);
    const { gid } = statSync(directory);
    throwsStoreError(
      () => openDataDirectory(directory),
      "permissions",
      `chmod 700 ${directory}`,
      `--data-group ${gid}`,
    );
    shareDataDirectory(directory, String(gid));
    openDataDirectory(directory);
    assert.is(modeOf(directory), 0o750);
  });
}

test("the group is remembered in the directory, in a file of the owner's alone", () => {
  const directory = join(scratch(), "data");
  const { gid } = statSync(scratch());
  shareDataDirectory(directory, String(gid));
  assert.is(readFileSync(join(directory, "data-group"), "utf8"), `${gid}\n`);
  assert.is(modeOf(join(directory, "data-group")), 0o600);
});

test("a group that may write the directory is refused though it was named", () => {
  const directory = scratch();
  shareDataDirectory(directory, String(statSync(directory).gid));
  chmodSync(directory, 0o770);
  throwsStoreError(() => openDataDirectory(directory), "permissions", `chmod 700 ${directory}`);
});

test("another group than the one that was named is refused", () => {
  const directory = scratchOfMode(0o750);
  writeFileSync(join(directory, "data-group"), `${statSync(directory).gid + 1}\n`);
  throwsStoreError(() => openDataDirectory(directory), "permissions", "the group");
});

test("a file of remembrance that holds anything else names no group", () => {
  const directory = scratchOfMode(0o750);
  for (const text of ["", "root\n", "0x0\n", `${statSync(directory).gid}`]) {
    writeFileSync(join(directory, "data-group"), text);
    throwsStoreError(() => openDataDirectory(directory), "permissions");
  }
});

test("a group by its name in /etc/group", () => {
  const directory = scratch();
  const { gid } = statSync(directory);
  const line = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((text) => text.split(":")[2] === String(gid));
  const name = line?.split(":")[0];
  if (name === undefined) return;
  shareDataDirectory(directory, name);
  openDataDirectory(directory);
  assert.is(readFileSync(join(directory, "data-group"), "utf8"), `${gid}\n`);
});

test("a group that nobody knows is named, and nothing changes", () => {
  const directory = join(scratch(), "data");
  throwsStoreError(() => shareDataDirectory(directory, "no-such-group"), "permissions", "no-such-group", "number");
  assert.is(existsSync(directory), false);
});

test("a data directory that is a file is named", () => {
  const path = join(scratch(), "data");
  writeFileSync(path, "");
  throwsStoreError(() => openDataDirectory(path), "notADirectory", path);
  throwsStoreError(() => shareDataDirectory(path, "0"), "notADirectory", path);
});

// Only root may give a directory away.
if (process.getuid?.() === 0) {
  test("the directory gets the named group, and keeps its owner", () => {
    const directory = join(scratch(), "data");
    mkdirSync(directory);
    chownSync(directory, 4711, 0);
    shareDataDirectory(directory, "4712");
    const { uid, gid, mode } = statSync(directory);
    assert.equal([uid, gid, mode & 0o777], [4711, 4712, 0o750]);
  });
}

test.run();
