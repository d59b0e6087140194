import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const soak = suite("soak");

const PROGRAM = join(import.meta.dirname, "../../bench/soak.js");

// Memory is compared in the long form: in seconds it is the compiler's.
soak(
  "a few devices come, pull, move and vanish, every image is right, and no entry and no handle is left of them",
  () => {
    const words = ["--minutes", "0.05", "--devices", "6", "--seed", "3"];
    const { stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], { encoding: "utf8" });
    assert.match(stdout, /^[1-9]\d* updates, \d+ moves, \d+ vanished, 0 failed$/m, stderr);
    assert.match(stdout, /^entries left: none$/m);
    const [, before, after] = /^handles: (\d+) before, (\d+) after$/m.exec(stdout)!;
    assert.is(after, before);
  },
);

soak.run();
