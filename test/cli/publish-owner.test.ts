// `sudo narrowboat publish` into the data directory of a service's user.

import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { missing } from "../support/peers.ts";
import { MAIN } from "./narrowboat.ts";

const test = suite("publish-owner");
const scratch = scratchDirectories(test);

/** Of nobody, on most systems; a number is enough. */
const SERVICE_UID = 65_534;

if (process.getuid?.() === 0) {
  test("what root publishes into a user's data directory is that user's, every file of it", () => {
    const directory = scratch();
    chmodSync(directory, 0o755);
    const [data, image] = [join(directory, "data"), join(directory, "image.bin")];
    mkdirSync(data, { mode: 0o700 });
    chownSync(data, SERVICE_UID, SERVICE_UID);
    writeFileSync(image, sampleBytes(1, 5_000), { mode: 0o644 });
    const names = ["--product", "boat", "--version", "1.0"];
    const outcome = spawnSync(process.execPath, [MAIN, "publish", image, ...names, "--data", data], {
      encoding: "utf8",
    });
    assert.is(outcome.status, 0, outcome.stderr);
    for (const name of readdirSync(data, { recursive: true, encoding: "utf8" })) {
      const { uid, gid } = statSync(join(data, name));
      assert.equal([name, uid, gid], [name, SERVICE_UID, SERVICE_UID]);
    }
    assert.ok(readdirSync(join(data, "images")).length === 1);
  });
} else missing("what root does can be tried by root alone");

test.run();
