// A fleet at once: 200 devices with sessions of their own, against one `narrowboat serve`.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { narrowboat, startServe } from "../cli/narrowboat.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { pullFrom } from "./loopback.ts";

const test = suite("many-devices");
const scratch = scratchDirectories(test);

const DEVICE_COUNT = 200;
const SERVER_MEMORY_MAX_KB = 200_000;

/** The most memory that a process has had, where the system tells. */
function peakMemoryKb(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

test(`${DEVICE_COUNT} devices at once: each has every byte, and the server stays below 200 MB`, async () => {
  const directory = scratch();
  const bytes = sampleBytes(1, 131_072);
  writeFileSync(join(directory, "image.bin"), bytes);
  const devices = Array.from({ length: DEVICE_COUNT }, (_, i) => ({ identity: `device-${i}`, key: `key-${i}` }));
  const lines = devices.map(({ identity, key }) => `${identity},${Buffer.from(key).toString("hex")}\n`);
  writeFileSync(join(directory, "keys.csv"), lines.join(""));
  await narrowboat(directory, "publish", "image.bin", "--product", "boat", "--version", "1.0");
  await narrowboat(directory, "psk", "import", "keys.csv");
  const { program, coapsPort } = await startServe(directory);
  const pulls = devices.map(({ identity, key }) =>
    pullFrom(coapsPort, { identity: toUtf8(identity), key: toUtf8(key) }),
  );
  for (const { end, bytes: pulled } of await Promise.all(pulls)) {
    assert.is(end.kind, "done");
    assert.ok(Buffer.from(bytes).equals(pulled));
  }
  const sessions = program.stdout.match(/"event":"sessionUp"/g) ?? [];
  assert.is(sessions.length, DEVICE_COUNT);
  const memoryKb = peakMemoryKb(program.child.pid!);
  assert.ok(memoryKb < SERVER_MEMORY_MAX_KB, `${memoryKb} kB`);
  console.log(`server's peak memory: ${Math.round(memoryKb / 1000)} MB`);
  await program.kill("SIGTERM");
});

test.run();
