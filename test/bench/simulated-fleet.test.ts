import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const PROGRAM = join(import.meta.dirname, "../../bench/simulated-fleet.js");

const fleet = suite("simulated fleet");

function simulate(...words: readonly string[]) {
  const { status, stdout } = spawnSync(process.execPath, [PROGRAM, ...words], { encoding: "utf8", timeout: 60_000 });
  return { status, stdout };
}

fleet("a small fleet updates at once, and time and memory are told", () => {
  const { status, stdout } = simulate("--devices", "5", "--size", "2000");
  assert.is(status, 0);
  assert.match(stdout, /^5 of 5 devices on nb-iot-ce1 have their 2000 bytes$/m);
  assert.match(stdout, /^virtual time \d+ s, real time \d+ s$/m);
  assert.match(stdout, /^memory peak \d\.\d\d GiB$/m);
});

fleet("a fleet of which some device never ends is a failure", () => {
  const { status, stdout } = simulate("--devices", "1", "--profile", "lorawan-eu868-dr0-c");
  assert.is(status, 1);
  assert.match(stdout, /^0 of 1 devices/m);
});

fleet.run();
