// A lock that a process takes with it when it dies.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileLock } from "../../src/store/file-lock.ts";
import { scratchDirectories } from "./scratch-directory.ts";

const test = suite("file-lock");
const scratch = scratchDirectories(test);

test("one at a time has it, and no file is left when it is given back", () => {
  const directory = scratch();
  const path = join(directory, "a.lock");
  const first = FileLock.take(path)!;
  assert.is(FileLock.take(path), undefined);
  assert.equal(readdirSync(directory), ["a.lock"]);
  first.release();
  assert.equal(readdirSync(directory), []);
  const second = FileLock.take(path)!;
  first.release();
  assert.is(FileLock.take(path), undefined);
  second.release();
});

test("a process that is killed takes its lock with it", async () => {
  const path = join(scratch(), "a.lock");
  const program = `import { FileLock } from ${JSON.stringify(import.meta.resolve("../../src/store/file-lock.js"))};
    console.log(FileLock.take(${JSON.stringify(path)}) !== undefined);
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  assert.is(said.toString(), "true\n");
  assert.is(FileLock.take(path), undefined);
  child.kill("SIGKILL");
  await once(child, "close");
  assert.ok(existsSync(path));
  FileLock.take(path)!.release();
});

test.run();
