import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nativeLoadAbsence } from "../../bench/load/crowd.ts";
import { DeviceCrowd, type Protocol } from "../../bench/load/device-crowd.ts";
import { LatencyRecord } from "../../bench/load/latency-record.ts";
import { Resources } from "../../bench/resources.ts";
import { narrowboat } from "../../bench/targets/narrowboat-target.ts";
import type { Target } from "../../bench/targets/target.ts";

const IMAGE = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7) & 255);
const WAIT_MAX_MS = 20_000;
const resources = new Resources();

const crowds = suite<{ target: Target }>("device-crowd");

crowds.before(async (context) => {
  const contender = narrowboat({ node: process.execPath, native: true });
  context.target = await contender.start({ resources, image: IMAGE, identityCount: 3 });
});

crowds.after(async ({ target }) => {
  await target.stop();
  resources.release();
});

function open(target: Target, protocol: Protocol, native: boolean, image = IMAGE): Promise<DeviceCrowd> {
  return DeviceCrowd.open(target, { protocol, clients: 3, blockSize: 256, image, native });
}

for (const native of nativeLoadAbsence() === undefined ? [true, false] : [false]) {
  for (const protocol of ["plain", "dtls"] as const) {
    const name = `${protocol}, ${native ? "in C" : "node:dgram"}`;

    crowds(`answers are compared, and counted while it runs: ${name}`, async ({ target }) => {
      const crowd = await open(target, protocol, native);
      const { loop } = crowd;
      loop.latencies = new LatencyRecord();
      await loop.start();
      // Three times round the image, however long that takes here.
      for (let waitedMs = 0; loop.answered < 3 * 40 && waitedMs < WAIT_MAX_MS; waitedMs += 10) await sleep(10);
      await loop.stop();
      const { answered } = loop;
      assert.ok(answered >= 3 * 40, `${answered} answers`);
      assert.ok(loop.latencies.percentile(0.5) > 0);
      await sleep(50);
      assert.is(loop.answered, answered, "nobody asks after stop()");
      crowd.close();
    });

    crowds(`an image that differs in one byte is noticed before anything is timed: ${name}`, async ({ target }) => {
      const other = IMAGE.with(9_999, IMAGE[9_999]! ^ 1);
      await open(target, protocol, native, other).then(
        () => assert.unreachable(),
        (error: Error) => assert.match(error.message, /request 39 of device \d was answered with other bytes/),
      );
    });
  }
}

crowds.run();
