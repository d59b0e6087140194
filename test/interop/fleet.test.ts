// Two hundred devices at once, each a process of its own with an identity and a session of its own.

import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { coapClientBuilds, identical, KEY, ownAddress, pullFile } from "../support/coap-client-program.ts";
import { type Serving, servedFor } from "../support/serving.ts";

const DEVICE_COUNT = 200;
const MEMORY_MAX_BYTES = 200e6;
/** Small enough that the devices' transfers overlap, large enough that they end soon. */
const BLOCK_SIZE = "256";

const image = sampleBytes(14, 100 * 1024);
const identities = Array.from({ length: DEVICE_COUNT }, (_, i) => `device-${i}`);
const test = suite("fleet");
const scratch = scratchDirectories(test);
const keys = Object.fromEntries(identities.map((identity) => [identity, KEY]));
const serving = servedFor(test, { images: { "1": image }, keys });

/** The most memory that a process ever had, bytes: VmHWM of proc(5), in kibibytes there. */
function memoryPeak(pid: number): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}

/** The most sessions that were up at a time, by the server's log. */
function sessionPeak(server: Serving): number {
  let up = 0;
  const counts = server.log().map(({ event }) => {
    if (event === "sessionUp") up++;
    if (event === "sessionDown") up--;
    return up;
  });
  return Math.max(...counts);
}

const build = coapClientBuilds().find(({ name }) => name === "coap-client-openssl");

if (build !== undefined) {
  test(`${DEVICE_COUNT} devices at once pull identical images; the server stays below 200 MB`, async () => {
    const pulls = identities.map((identity, i) => {
      return pullFile(build, serving(), scratch(), {
        path: "/fw/boat/1",
        identity,
        flags: [...ownAddress(i), "-b", BLOCK_SIZE],
      });
    });
    for (const pulled of await Promise.all(pulls)) identical(pulled, image);
    const served = serving()
      .log()
      .filter(({ event }) => event === "sessionUp");
    assert.is(served.length, DEVICE_COUNT);
    assert.is(new Set(served.map(({ identity }) => identity)).size, DEVICE_COUNT);
    const [sessions, bytes] = [sessionPeak(serving()), memoryPeak(serving().pid)];
    console.log(`${sessions} sessions at a time, memory peak ${(bytes / 1e6).toFixed(0)} MB`);
    assert.ok(sessions > DEVICE_COUNT / 2, `only ${sessions} sessions at a time`);
    assert.ok(bytes < MEMORY_MAX_BYTES, `${bytes} bytes`);
  });
}

test.run();
