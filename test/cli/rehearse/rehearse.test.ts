// `rehearse`, as an operator asks before a roll-out begins.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { type Spoken, spoken } from "../spoken-command.ts";

const test = suite("rehearse");
const scratch = scratchDirectories(test);

const REHEARSE = ["rehearse", "spring", "--profile", "ideal:rtt=20ms", "--devices", "3", "--interval", "5s"];

test.after.each(() => {
  process.exitCode = 0;
});

test("a roll-out that has to be rehearsed starts after one that nothing stopped, and not after one that failures did", async () => {
  const directory = scratch();
  const path = (name: string) => join(directory, name);
  const say = (...words: readonly string[]): Promise<Spoken> => spoken(...words, "--data", path("data"));
  const does = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await say(...words);
    assert.is(code, 0, stderr);
    return stdout;
  };
  writeFileSync(path("1.1.0.bin"), new Uint8Array(3_000).fill(7));
  await does("keygen", path("maker.pem"));
  await does("trust", "add", path("maker.pem.pub"), "--product", "pump");
  const released = ["--product", "pump", "--version", "1.1.0"];
  await does("release", path("1.1.0.bin"), ...released, "--key", path("maker.pem"), "--no-wait");
  await does("product", "set", "pump", "--rehearsal");
  await does("rollout", "create", "spring", ...released, "--phases", "1,100%", "--soak", "10s");
  const stopped = JSON.parse(await does(...REHEARSE, "--boot-fails", "100%", "--runs", "1", "--json"));
  assert.is(process.exitCode, 1);
  assert.equal([stopped.passed, stopped.states, stopped.devices.onOld], [false, { paused: 1 }, 3]);
  assert.match(Object.keys(stopped.reasons)[0]!, /phase 1/);
  assert.is.not((await say("rollout", "start", "spring")).code, 0);
  process.exitCode = 0;
  const text = await does(...REHEARSE, "--runs", "1", "--seed", "7");
  assert.is(process.exitCode, 0);
  assert.match(text, /pump 1\.1\.0 to 3 devices on ideal:rtt=20ms/);
  assert.match(text, /its image starts on the model device/);
  assert.match(text, /no threshold trips/);
  assert.match(text, /seed 7$/m);
  assert.match(await does("rollout", "start", "spring"), /running/);
});

test("a roll-out that there is not is wrong use", async () => {
  const { code, stderr } = await spoken("rehearse", "autumn", "--profile", "lte-m", "--data", scratch());
  assert.is(code, 2);
  assert.match(stderr, /autumn/);
});

test.run();
