// Signals that must neither end a server nor open it to others.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { loadBlocks } from "../support/block-load.ts";
import { Serving } from "../support/serving.ts";

const test = suite("process-signals");
const scratch = scratchDirectories(test);

const DURATION_MS = 1000 * Number(process.env["NARROWBOAT_FAULT_SECONDS"] ?? 1);
const BLOCK = sampleBytes(7, 512);
/** In /proc/net/tcp. */
const LISTENING = "0A";

/** TCP sockets on which a process listens. */
function listeningCount(pid: number): number {
  const inodes = new Set<string>();
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`)) ?? [];
    if (inode !== undefined) inodes.add(inode);
  }
  const rows = ["tcp", "tcp6"].flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, "latin1").split("\n"));
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return fields.filter((row) => row[3] === LISTENING && inodes.has(row[9] ?? "")).length;
}

for (const signal of ["SIGHUP", "SIGUSR1"] as const) {
  test(`${signal} ends nothing, opens no inspector, and costs no block`, async () => {
    const serving = await Serving.start(scratch(), {
      images: { "1.0": BLOCK },
      keys: { "meter-7": "0123456789abcdef" },
      flags: ["--coap", "--no-http"],
    });
    const load = loadBlocks(serving.coapPort, "/fw/boat/1.0", BLOCK, DURATION_MS);
    await delay(200);
    process.kill(serving.pid, signal);
    assert.ok((await load).blockCount > 10);
    assert.is(listeningCount(serving.pid), 0);
    await serving.stop();
  });
}

test.run();
